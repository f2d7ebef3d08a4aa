import { Page } from "../../app/StationPage";
import { useT } from "../../i18n";

export function FleetPage() {
  const t = useT();
  return <Page title={t("nav.fleet")}>{null}</Page>;
}
