import { Panel } from "../../components/Panel";
import { SideBySide } from "../../components/SideBySide";
import { add, negate, sum } from "../../format/decimal";
import { unknown, useFormat } from "../../format/format";
import { useT } from "../../i18n";
import { days } from "./range";
import type { ShownWindows } from "./StatisticsPage";
import styles from "./StatisticsPage.module.css";
import { energies, present } from "./windows";

/** The sums of the windows, and of those that they are compared with. */
export function Totals({ station, range, windows, other, others }: ShownWindows) {
  const t = useT();
  const format = useFormat(station.timezone);
  const shown = energies.filter((name) => present(windows, name) || (others?.data && present(others.data, name)));
  return (
    <Panel title={t("statistics.totals.title")} aside={t("statistics.totals.days", { days: days(range) })}>
      <SideBySide
        label={t("statistics.totals.title")}
        names={t("statistics.totals.energy")}
        columns={[format.range(range), ...(other ? [format.range(other), t("statistics.totals.change")] : [])]}
        rows={shown.map((name) => {
          const here = sum(windows.map((w) => w.energyKwh[name]));
          const there = others?.data?.length ? sum(others.data.map((w) => w.energyKwh[name])) : null;
          const change = here !== null && there !== null ? add(here, negate(there)) : null;
          const cells = [
            <b key="here">{format.quantity(here, "kWh", 2)}</b>,
            ...(other
              ? [format.quantity(there, "kWh", 2), change === null ? unknown : format.change(change, "kWh", 2)]
              : []),
          ];
          return { key: name, name: t(`energies.${name}`), cells };
        })}
      />
      <p className={styles.soft}>{t("statistics.totals.note")}</p>
    </Panel>
  );
}
