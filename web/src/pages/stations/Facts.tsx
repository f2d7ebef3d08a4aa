import type { Station } from "../../api/station";
import { Panel } from "../../components/Panel";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import styles from "./StationsPage.module.css";

const ratings = ["gridKw", "pvKw", "batteryKw", "batteryKwh", "evseKw", "gensetKw"] as const;

/** What the station is, and what its parts can do. */
export function Facts({ station }: { station: Station }) {
  const t = useT();
  const format = useFormat(station.timezone);
  return (
    <Panel title={t("stations.facts.title")}>
      <dl className={styles.facts}>
        <dt>{t("stations.facts.id")}</dt>
        <dd>
          <code>{station.stationId}</code>
        </dd>
        <dt>{t("stations.facts.zone")}</dt>
        <dd>{station.timezone}</dd>
        <dt>{t("stations.facts.currency")}</dt>
        <dd>{station.currency}</dd>
        {ratings.map((name) => {
          const rating = station.ratings[name];
          return (
            rating !== undefined && (
              <div key={name} className={styles.fact}>
                <dt>{t(`stations.ratings.${name}`)}</dt>
                <dd>{format.exact(rating, name === "batteryKwh" ? "kWh" : "kW")}</dd>
              </div>
            )
          );
        })}
        <dt>{t("stations.facts.tariff")}</dt>
        <dd>
          {station.tariffs.length === 0
            ? t("stations.facts.noTariff")
            : station.tariffs.map((a) => (
                <div key={a.validFrom}>
                  {t("stations.facts.assigned", { tariff: a.tariffId, date: format.date(a.validFrom) })}
                </div>
              ))}
        </dd>
      </dl>
    </Panel>
  );
}
