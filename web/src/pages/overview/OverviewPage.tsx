import { StationPage } from "../../app/StationPage";
import { useT } from "../../i18n";

export function OverviewPage() {
  const t = useT();
  return <StationPage title={t("nav.overview")}>{(station) => <p>{station.name}</p>}</StationPage>;
}
