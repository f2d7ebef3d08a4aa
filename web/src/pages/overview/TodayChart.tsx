import { useMemo } from "react";
import type { Overview } from "../../api/overview";
import { usePrices } from "../../api/prices";
import { useStatistics, type StatisticsWindow } from "../../api/statistics";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Empty, Stale } from "../../components/states";
import { TimeChart, type Series } from "../../components/TimeChart";
import { add, isZero, negate } from "../../format/decimal";
import { useFormat } from "../../format/format";
import { usePriceBands } from "../../format/period";
import { useT } from "../../i18n";
import styles from "./OverviewPage.module.css";

type Energies = StatisticsWindow["energyKwh"];

const lines = [
  { kind: "load", color: "--load", kwh: (e: Energies) => e.load },
  { kind: "pv", color: "--pv", kwh: (e: Energies) => e.pv },
  { kind: "grid", color: "--grid", kwh: (e: Energies) => less(e.gridImport, e.gridExport) },
  { kind: "battery", color: "--battery", kwh: (e: Energies) => less(e.batteryDischarge, e.batteryCharge) },
] as const;

/** The day's quarters over its prices. */
export function TodayChart({ day }: { day: Overview }) {
  const t = useT();
  const format = useFormat(day.timezone);
  const [from, to] = [Date.parse(day.dayStart), Date.parse(day.dayEnd)];
  const quarters = useStatistics(day.stationId, "quarter", from, to, 60_000, day.today !== undefined);
  const steps = usePrices(day.stationId, from, to);
  const bands = usePriceBands(steps.data?.items);
  const chart = useMemo(() => dayQuarters(quarters.data ?? [], from, to), [quarters.data, from, to]);
  const series = useMemo(() => {
    const known = chart.windows.flatMap((w) => (w ? [w.energyKwh] : []));
    return lines
      .filter(({ kwh }) => known.some((e) => !isZero(kwh(e) ?? "0")))
      .map(({ kind, color, kwh }): Series => {
        const values = chart.windows.map((w) => (w ? kwh(w.energyKwh) : null));
        return {
          key: kind,
          label: t(`overview.chart.${kind}`),
          unit: "kWh",
          color,
          draw: "steps",
          values: values.map((v) => (v === null ? null : Number(v))),
          text: (i) => format.quantity(values[i], "kWh", 2),
        };
      });
  }, [chart, format, t]);
  return (
    <Panel className={styles.chart} title={t("overview.chart.title")}>
      {day.today ? (
        <Resource query={quarters}>
          {() => (
            <>
              {steps.isLoadingError && <Stale>{t("state.noPrices")}</Stale>}
              <TimeChart
                label={t("overview.chart.label")}
                zone={day.timezone}
                times={chart.times}
                end={to}
                series={series}
                bands={bands}
                height={250}
                file={`${day.stationId}-${day.date}`}
              />
            </>
          )}
        </Resource>
      ) : (
        <Empty title={t("overview.chart.empty")}>{t("overview.chart.emptyText")}</Empty>
      )}
    </Panel>
  );
}

function less(a: string | null, b: string | null): string | null {
  return a === null || b === null ? null : add(a, negate(b));
}

const quarter = 15 * 60_000;

/** All quarters of the day, those to come too, so that the chart is the whole day from its beginning. */
function dayQuarters(windows: StatisticsWindow[], from: number, to: number) {
  const known = new Map(windows.map((w) => [Date.parse(w.windowStart), w]));
  const times: number[] = [];
  for (let time = from; time < to; time += quarter) times.push(time);
  return { times, windows: times.map((time) => known.get(time)) };
}
