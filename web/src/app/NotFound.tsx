import { Link } from "@tanstack/react-router";
import { Empty } from "../components/states";
import { useT } from "../i18n";

export function NotFound() {
  const t = useT();
  return (
    <Empty title={t("app.notFound")}>
      <Link to="/">{t("nav.overview")}</Link>
    </Empty>
  );
}
