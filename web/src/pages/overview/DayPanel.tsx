import type { Overview } from "../../api/overview";
import { Meter } from "../../components/Meter";
import { Panel } from "../../components/Panel";
import { Empty } from "../../components/states";
import { isZero } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import styles from "./OverviewPage.module.css";

const energies = [
  ["pv", "--pv"],
  ["load", "--load"],
  ["gridImport", "--grid"],
  ["gridExport", "--grid-export"],
  ["batteryCharge", "--battery-charge"],
  ["batteryDischarge", "--battery"],
  ["evse", "--evse"],
  ["genset", "--genset"],
] as const;

/** The energies of the day so far, and how much of them stayed on the site. */
export function DayPanel({ day }: { day: Overview }) {
  const t = useT();
  const format = useFormat(day.timezone);
  const { today } = day;
  return (
    <Panel
      title={t("overview.day.title")}
      aside={
        today
          ? t("overview.day.through", { date: format.date(day.date), time: format.time(today.windowEnd) })
          : format.date(day.date)
      }
    >
      {!today && <Empty title={t("overview.day.empty")}>{t("overview.day.emptyText")}</Empty>}
      {today && (
        <>
          <dl className={styles.figures}>
            {energies
              .filter(([name]) => shown(name, today.energyKwh[name]))
              .map(([name, color]) => (
                <div key={name} style={{ "--color": `var(${color})` }}>
                  <dt>{t(`energies.${name}`)}</dt>
                  <dd>{format.quantity(today.energyKwh[name], "kWh")}</dd>
                </div>
              ))}
          </dl>
          <div className={styles.meters}>
            <Meter
              label={t("overview.day.selfConsumption")}
              share={today.selfConsumption}
              text={format.percent(today.selfConsumption)}
            />
            <Meter
              label={t("overview.day.selfSufficiency")}
              share={today.selfSufficiency}
              text={format.percent(today.selfSufficiency)}
            />
          </div>
        </>
      )}
    </Panel>
  );
}

/** What a station doesn't have is 0 all day, and not worth a line. */
function shown(name: string, value: string | null): boolean {
  return value === null || !isZero(value) || name === "load" || name.startsWith("grid");
}
