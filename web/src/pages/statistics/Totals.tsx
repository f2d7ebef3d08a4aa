import { Panel } from "../../components/Panel";
import { add, negate, sum } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import { days, rangeText } from "./range";
import type { ShownWindows } from "./StatisticsPage";
import styles from "./StatisticsPage.module.css";
import { energies, present } from "./windows";

/** The sums of the windows, and of those that they are compared with. */
export function Totals({ station, range, windows, other, others }: ShownWindows) {
  const t = useT();
  const format = useFormat(station.timezone);
  const shown = energies.filter((name) => present(windows, name) || (others && present(others, name)));
  return (
    <Panel title={t("statistics.totals.title")} aside={t("statistics.totals.days", { days: days(range) })}>
      <div className={styles.scroll}>
        <table className={styles.totals}>
          <caption className="visually-hidden">{t("statistics.totals.title")}</caption>
          <thead>
            <tr>
              <th scope="col">{t("statistics.totals.energy")}</th>
              <th scope="col">{rangeText(range, format)}</th>
              {other && <th scope="col">{rangeText(other, format)}</th>}
              {other && <th scope="col">{t("statistics.totals.change")}</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((name) => {
              const here = sum(windows.map((w) => w.energyKwh[name]));
              const there = others ? sum(others.map((w) => w.energyKwh[name])) : null;
              return (
                <tr key={name}>
                  <th scope="row">{t(`energies.${name}`)}</th>
                  <td>{format.quantity(here, "kWh", 2)}</td>
                  {other && <td>{others?.length ? format.quantity(there, "kWh", 2) : format.quantity(null, "kWh")}</td>}
                  {other && (
                    <td>
                      {others?.length && here !== null && there !== null
                        ? format.change(add(here, negate(there)), "kWh", 2)
                        : format.quantity(null, "kWh")}
                    </td>
                  )}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p className={styles.soft}>{t("statistics.totals.note")}</p>
    </Panel>
  );
}
