import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { ErrorState, Offline } from "../components/states";
import { useT } from "../i18n";

/** In the place of a page that can't be drawn: the frame stays, and with it every way elsewhere. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const t = useT();
  return (
    <>
      {notFetched.test(String(error)) ? <Refetched /> : <ErrorState error={error} onRetry={reset} />}
      <p>
        <Link to="/">{t("nav.overview")}</Link>
      </p>
    </>
  );
}

// What browsers and the build's loader say of a part of the page that didn't come.
const notFetched = /dynamically imported module|importing a module|preload CSS/i;

/** A browser keeps the failure of a part until the page is loaded anew, which is done once the platform answers. */
function Refetched() {
  useEffect(() => {
    const timer = setInterval(() => {
      fetch(document.baseURI, { cache: "no-store" }).then(
        (answer) => answer.ok && location.reload(),
        () => undefined,
      );
    }, 2_000);
    return () => clearInterval(timer);
  }, []);
  return <Offline />;
}
