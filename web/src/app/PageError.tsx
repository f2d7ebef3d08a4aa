import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { ErrorState } from "../components/states";
import { useT } from "../i18n";

/** In the place of a page that can't be drawn: the frame stays, and with it every way elsewhere. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const t = useT();
  return (
    <>
      <ErrorState error={error} onRetry={reset} />
      <p>
        <Link to="/">{t("nav.overview")}</Link>
      </p>
    </>
  );
}
