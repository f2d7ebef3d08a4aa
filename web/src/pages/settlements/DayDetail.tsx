import { useState } from "react";
import { useSettlements, type Settlement } from "../../api/settlements";
import { useStation } from "../../api/station";
import type { StationSummary } from "../../api/stations";
import { useStatistics } from "../../api/statistics";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Empty } from "../../components/states";
import { negate } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { periodColor, usePeriodName } from "../../format/period";
import { addDays, dayHours, dayStart } from "../../format/zone";
import { useT } from "../../i18n";
import { useAllowed } from "../../session/session";
import { CloseDialog } from "./CloseDialog";
import { DayCurve } from "./DayCurve";
import styles from "./SettlementsPage.module.css";
import { Versions } from "./Versions";

interface Props {
  station: StationSummary;
  date: string;
  today: string;
}

/** How a day came to its amounts, in all its versions. */
export function DayDetail({ station, date, today }: Props) {
  const t = useT();
  const format = useFormat(station.timezone);
  const versions = useSettlements(station.stationId, date, date, "all");
  const [from, to] = [dayStart(date, station.timezone), dayStart(addDays(date, 1), station.timezone)];
  const quarters = useStatistics(station.stationId, "quarter", from, to, date >= today ? 60_000 : undefined);
  const allowed = useAllowed("admin", "operator");
  // Without devices there are no windows to close.
  const devices = useStation(station.stationId, allowed).data?.devices ?? [];
  const mayClose = allowed && devices.some((d) => !d.removedAt);
  const [closing, setClosing] = useState(false);
  const hours = dayHours(date, station.timezone);
  const open = (to - from) / 900_000 - (quarters.data?.length ?? 0);

  return (
    <div className={styles.detail}>
      <Panel
        title={format.date(date, "weekday")}
        aside={
          <span className={styles.badges}>
            {hours !== 24 && <Badge>{t("settlements.hours", { hours })}</Badge>}
            {mayClose && quarters.data && open > 0 && date <= today && (
              <Button onPress={() => setClosing(true)}>{t("settlements.close.button")}</Button>
            )}
          </span>
        }
      >
        <Resource
          query={versions}
          isEmpty={(all) => all.length === 0}
          empty={
            <Empty title={date >= today ? t("settlements.open") : t("settlements.unsettled")}>
              {date >= today ? t("settlements.openText") : t("settlements.unsettledText")}
            </Empty>
          }
        >
          {(all) => {
            const latest = all.at(-1);
            return latest && <Lines settlement={latest} zone={station.timezone} />;
          }}
        </Resource>
      </Panel>
      <DayCurve station={station} from={from} to={to} quarters={quarters} date={date} />
      {versions.data && versions.data.length > 1 && <Versions versions={versions.data} zone={station.timezone} />}
      {closing && quarters.data && (
        <CloseDialog station={station} from={from} to={to} quarters={quarters.data} onClose={() => setClosing(false)} />
      )}
    </div>
  );
}

const tones = { calculated: "neutral", frozen: "good", adjusted: "warn" } as const;

function Lines({ settlement: s, zone }: { settlement: Settlement; zone: string }) {
  const t = useT();
  const format = useFormat(zone);
  const periodName = usePeriodName();
  return (
    <>
      <p className={styles.badges}>
        <Badge tone={tones[s.status]}>{t(`settlements.statuses.${s.status}`)}</Badge>
        {s.provisional && <Badge tone="warn">{t("settlements.provisional")}</Badge>}
      </p>
      {s.reasons.map((reason) => (
        <p key={reason} className={styles.facts}>
          {isReason(reason) ? t(`settlements.reasons.${reason}`, { share: format.percent(s.completeness, 2) }) : reason}
        </p>
      ))}
      <div className={styles.scroll}>
        <table className={styles.bill}>
          <caption className="visually-hidden">{t("settlements.lines")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("settlements.period")}</th>
              <th scope="col">{t("settlements.quantity")}</th>
              <th scope="col">{t("settlements.price")}</th>
              <th scope="col">{t("settlements.amount")}</th>
            </tr>
          </thead>
          <tbody>
            {s.lines.map((line) => (
              <tr key={line.direction + line.period}>
                <th scope="row">
                  <span className={styles.swatch} style={{ "--color": `var(${periodColor(line.period)})` }} />
                  {t(`settlements.directions.${line.direction}`)} · <bdi>{periodName(line.period)}</bdi>
                </th>
                <td>{format.exact(line.quantityKwh, "kWh")}</td>
                <td>{format.price(line.price, s.currency, "")}</td>
                <td>{format.money(line.direction === "export" ? negate(line.amount) : line.amount, s.currency)}</td>
              </tr>
            ))}
            {s.lines.length === 0 && (
              <tr>
                <th scope="row" colSpan={4}>
                  {t("settlements.noLines")}
                </th>
              </tr>
            )}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={3}>
                {t("settlements.netAmount")}
              </th>
              <td>{format.money(s.netAmount, s.currency)}</td>
            </tr>
          </tfoot>
        </table>
      </div>
      <p className={styles.facts}>
        {t("settlements.madeFrom", {
          version: s.version,
          tariff: s.tariffId,
          tariffVersion: s.tariffVersion,
          revision: s.statisticsRevision,
          completeness: format.percent(s.completeness, 2),
          time: format.time(s.calculatedAt, "dateTime"),
        })}
      </p>
    </>
  );
}

const reasons = ["grid_completeness_below_threshold", "derived_grid_not_wholly_covered"] as const;

function isReason(reason: string): reason is (typeof reasons)[number] {
  return (reasons as readonly string[]).includes(reason);
}
