import { Link } from "@tanstack/react-router";
import { useT } from "../i18n";
import { Page } from "./StationPage";

export function NotFound() {
  const t = useT();
  return (
    <Page title={t("app.notFound")}>
      <p>
        <Link to="/">{t("nav.overview")}</Link>
      </p>
    </Page>
  );
}
