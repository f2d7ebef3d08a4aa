import type { UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { usePrices } from "../../api/prices";
import type { StatisticsWindow } from "../../api/statistics";
import { Panel } from "../../components/Panel";
import { RangeBrush } from "../../components/RangeBrush";
import { Resource } from "../../components/Resource";
import { Select } from "../../components/Select";
import { Empty, Stale } from "../../components/states";
import { TimeChart, type Series } from "../../components/TimeChart";
import { useFlagText } from "../../format/flags";
import { useFormat } from "../../format/format";
import { usePriceBands } from "../../format/period";
import { useT } from "../../i18n";
import { instants, type Range } from "./range";
import type { ShownWindows } from "./StatisticsPage";
import styles from "./StatisticsPage.module.css";
import { align, energies, marks, matched, present, socGauge, type EnergyName } from "./windows";

// What flows onto the site's bus is drawn upwards, what leaves it downwards: both sides are as long.
const sides = [
  ["pv", 1, "--pv"],
  ["batteryDischarge", 1, "--battery"],
  ["genset", 1, "--genset"],
  ["gridImport", 1, "--grid"],
  ["load", -1, "--load"],
  ["evse", -1, "--evse"],
  ["batteryCharge", -1, "--battery-charge"],
  ["gridExport", -1, "--grid-export"],
] as const;

// Periods of a day are told apart up to so many days in a picture.
const bandDays = 40;

export function Charts({ station, granularity, range, windows, other, others }: ShownWindows) {
  const t = useT();
  const format = useFormat(station.timezone);
  const flagText = useFlagText();
  const whole = useMemo(() => instants(range, station.timezone), [range, station.timezone]);
  const aligned = useMemo(() => align(windows), [windows]);
  const drawn = { from: aligned.times[0] ?? whole.from, to: aligned.end };
  const [zoom, setZoom] = useState<{ from: number; to: number }>();
  const looked = zoom ?? drawn;
  const onRange = useCallback((from: number, to: number) => {
    setZoom((old) => (old?.from === from && old.to === to ? old : { from, to }));
  }, []);

  const fine = granularity === "quarter" || granularity === "hour";
  const few = whole.to - whole.from <= bandDays * 86_400_000;
  const prices = usePrices(station.stationId, whole.from, whole.to, fine && few);
  const bands = usePriceBands(prices.data?.items);

  const incomplete = useMemo(
    () =>
      marks(windows, (w) =>
        [
          w.completeness < 1 && t("statistics.incomplete", { share: format.percent(w.completeness, 1) }),
          ...w.flags.filter((f) => f !== "derived").map(flagText),
        ]
          .filter(Boolean)
          .join(" "),
      ),
    [windows, format, flagText, t],
  );

  const balance = useMemo(
    () =>
      sides
        .filter(([name]) => present(windows, name))
        .map(([name, side, color]): Series => ({
          key: name,
          label: t(`energies.${name}`),
          unit: "kWh",
          color,
          draw: "stack",
          values: aligned.windows.map((w) => (w?.energyKwh[name] == null ? null : side * Number(w.energyKwh[name]))),
          text: (i) => format.quantity(aligned.windows[i]?.energyKwh[name], "kWh", 2),
        })),
    [aligned, windows, format, t],
  );

  const demand = useMemo((): Series[] => {
    const soc = windows.some((w) => w.gauges[socGauge]);
    return [
      {
        key: "demand",
        label: t("statistics.demand"),
        unit: "kW",
        color: "--grid",
        draw: "steps",
        values: aligned.windows.map((w) => (w?.demandKw == null ? null : Number(w.demandKw))),
        text: (i) => format.quantity(aligned.windows[i]?.demandKw, "kW", 2),
      },
      ...(soc
        ? [
            {
              key: "soc",
              label: t("statistics.soc"),
              unit: "%",
              color: "--battery",
              draw: fine ? "line" : "steps",
              right: true,
              values: aligned.windows.map((w) => {
                const mean = w?.gauges[socGauge]?.mean;
                return mean === undefined ? null : Number(mean);
              }),
              text: (i) => format.quantity(aligned.windows[i]?.gauges[socGauge]?.mean, "%"),
            } satisfies Series,
          ]
        : []),
    ];
  }, [aligned, windows, fine, format, t]);

  const frame = {
    zone: station.timezone,
    times: aligned.times,
    end: aligned.end,
    bands,
    marks: incomplete,
    range: looked,
    onRange,
  };
  const file = `${station.stationId}-${granularity}-${range.from}`;
  const derived = windows.some((w) => w.flags.includes("derived"));
  const load = balance.find((s) => s.key === "load") ?? balance[0];

  return (
    <div className={styles.charts}>
      <Panel title={t("statistics.balance")}>
        {prices.isLoadingError && <Stale>{t("state.noPrices")}</Stale>}
        <TimeChart
          {...frame}
          label={t("statistics.balanceLabel")}
          series={balance}
          height={340}
          file={`${file}-energy`}
        />
        {derived && <p className={styles.soft}>{flagText("derived")}</p>}
        {load && aligned.times.length > 2 && (
          <RangeBrush
            label={t("statistics.brush")}
            {...drawn}
            step={Math.min(...aligned.times.slice(0, 3).map((time, i) => (aligned.times[i + 1] ?? aligned.end) - time))}
            times={aligned.times}
            values={load.values}
            range={looked}
            text={(instant) => format.time(instant, "dayTime")}
            onChange={setZoom}
          />
        )}
      </Panel>
      <Panel title={demand.length > 1 ? t("statistics.demandTitle") : t("statistics.demand")}>
        <TimeChart
          {...frame}
          label={t("statistics.demandLabel")}
          series={demand}
          height={220}
          file={`${file}-demand`}
        />
      </Panel>
      {other && others && <Compared {...{ station, range, windows, other, others, frame, file }} />}
    </div>
  );
}

type Frame = Omit<Parameters<typeof TimeChart>[0], "label" | "series">;

interface ComparedProps extends Pick<ShownWindows, "station" | "range" | "windows"> {
  other: Range;
  others: UseQueryResult<StatisticsWindow[]>;
  frame: Frame;
  file: string;
}

/** One quantity of this period over the same of another. */
function Compared({ others, ...shown }: ComparedProps) {
  const t = useT();
  const format = useFormat(shown.station.timezone);
  const [name, setName] = useState<EnergyName>("load");
  return (
    <Panel
      title={t("statistics.compared")}
      aside={
        <Select
          label={t("statistics.quantity")}
          icon="load"
          options={energies.map((key) => ({ key, label: t(`energies.${key}`) }))}
          value={name}
          onChange={setName}
        />
      }
    >
      <Resource
        query={others}
        isEmpty={(all) => all.length === 0}
        empty={<Empty title={t("statistics.emptyOther", { range: format.range(shown.other) })} />}
      >
        {(all) => <ComparedChart {...shown} others={all} name={name} />}
      </Resource>
    </Panel>
  );
}

interface ComparedChartProps extends Omit<ComparedProps, "others"> {
  others: StatisticsWindow[];
  name: EnergyName;
}

function ComparedChart({ station, range, windows, other, others, name, frame, file }: ComparedChartProps) {
  const t = useT();
  const format = useFormat(station.timezone);
  const aligned = useMemo(() => align(windows), [windows]);
  const theirs = useMemo(
    () => matched(aligned, range.from, others, other.from, station.timezone),
    [aligned, range.from, other.from, others, station.timezone],
  );
  const series = useMemo((): Series[] => {
    const color = sides.find(([n]) => n === name)?.[2] ?? "--pv";
    return [
      {
        key: "this",
        label: format.range(range),
        unit: "kWh",
        color,
        draw: "steps",
        values: aligned.windows.map((w) => (w?.energyKwh[name] == null ? null : Number(w.energyKwh[name]))),
        text: (i) => format.quantity(aligned.windows[i]?.energyKwh[name], "kWh", 2),
      },
      {
        key: "other",
        label: format.range(other),
        unit: "kWh",
        color: "--text-soft",
        draw: "steps",
        dashed: true,
        values: theirs.map((w) => (w?.energyKwh[name] == null ? null : Number(w.energyKwh[name]))),
        text: (i) => format.quantity(theirs[i]?.energyKwh[name], "kWh", 2),
      },
    ];
  }, [aligned, theirs, name, range, other, format]);
  return <TimeChart {...frame} label={t(`energies.${name}`)} series={series} height={240} file={`${file}-compared`} />;
}
