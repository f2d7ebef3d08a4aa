import { Link } from "@tanstack/react-router";
import { useStations, type StationSummary } from "../../api/stations";
import { useTariffs, type Tariff } from "../../api/tariffs";
import { Badge } from "../../components/Badge";
import { Icon } from "../../components/Icon";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Empty } from "../../components/states";
import { useFormat } from "../../format/format";
import { useNow } from "../../format/useNow";
import { localDate } from "../../format/zone";
import { useT } from "../../i18n";
import { useAllowed } from "../../session/session";
import styles from "./TariffsPage.module.css";
import { Version } from "./Version";

/** All tariffs, the station's own first, each with its versions. */
export function Tariffs({ station }: { station: StationSummary }) {
  const t = useT();
  const query = useTariffs();
  const admin = useAllowed("admin");
  return (
    <Resource
      query={query}
      isEmpty={(all) => all.length === 0}
      empty={<Empty title={t("tariffs.none")}>{t("tariffs.noneText")}</Empty>}
    >
      {(all) => {
        const own = (x: Tariff) => Number(x.stations.includes(station.stationId));
        return (
          <>
            {admin && (
              <p>
                <Link to="/set-up/provisioning" search={(s) => ({ ...s, start: "station" })} className={styles.change}>
                  <Icon name="document" size={18} />
                  {t("tariffs.change")}
                </Link>
              </p>
            )}
            {all
              .toSorted((a, b) => own(b) - own(a))
              .map((tariff) => (
                <TariffPanel key={tariff.tariffId} tariff={tariff} station={station} isOwn={own(tariff) > 0} />
              ))}
          </>
        );
      }}
    </Resource>
  );
}

function TariffPanel({ tariff, station, isOwn }: { tariff: Tariff; station: StationSummary; isOwn: boolean }) {
  const t = useT();
  const stations = useStations().data ?? [];
  const format = useFormat(station.timezone);
  const today = localDate(useNow(60_000), station.timezone);
  // A tariff has no currency of its own: its prices are in that of the stations that have it.
  const currency = isOwn ? station.currency : stations.find((s) => tariff.stations.includes(s.stationId))?.currency;
  const versions = tariff.versions.toSorted((a, b) => b.validFrom.localeCompare(a.validFrom) || b.version - a.version);
  const inForce = versions.find((v) => v.validFrom <= today);
  return (
    <Panel
      title={tariff.tariffId}
      aside={
        <>
          {isOwn && <Badge tone="good">{t("tariffs.own")}</Badge>}
          {tariff.retired && <Badge>{t("tariffs.retired")}</Badge>}
          <span>{t("tariffs.stations", { count: tariff.stations.length })}</span>
          <span>{t("tariffs.versions", { count: versions.length })}</span>
        </>
      }
    >
      {versions.map((version) => (
        <details key={version.version} className={styles.version} open={isOwn && version === inForce}>
          <summary>
            {t("tariffs.version", { version: version.version, date: format.date(version.validFrom) })}{" "}
            {version === inForce && <Badge tone="neutral">{t("tariffs.inForce")}</Badge>}
          </summary>
          <Version version={version} currency={currency} format={format} />
        </details>
      ))}
    </Panel>
  );
}
