import type { UseQueryResult } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePrices } from "../../api/prices";
import type { StationSummary } from "../../api/stations";
import type { StatisticsWindow } from "../../api/statistics";
import { Panel } from "../../components/Panel";
import { Resource } from "../../components/Resource";
import { Empty, Stale } from "../../components/states";
import { TimeChart, type Series } from "../../components/TimeChart";
import { useFormat } from "../../format/format";
import { usePriceBands } from "../../format/period";
import { useT } from "../../i18n";

interface Props {
  station: StationSummary;
  date: string;
  from: number;
  to: number;
  quarters: UseQueryResult<StatisticsWindow[]>;
}

const quarter = 15 * 60_000;

/** Import and export of the day's quarters under the steps of the prices that they are billed at. */
export function DayCurve({ station, date, from, to, quarters }: Props) {
  const t = useT();
  const format = useFormat(station.timezone);
  const query = usePrices(station.stationId, from, to);
  const steps = query.data?.items;
  const bands = usePriceBands(steps);
  const { times, windows, prices } = useMemo(() => {
    const closed = new Map((quarters.data ?? []).map((w) => [Date.parse(w.windowStart), w]));
    const times = Array.from({ length: (to - from) / quarter }, (_, i) => from + i * quarter);
    return {
      times,
      windows: times.map((time) => closed.get(time)),
      prices: times.map((time) => (steps ?? []).find((s) => Date.parse(s.from) <= time && time < Date.parse(s.to))),
    };
  }, [quarters.data, steps, from, to]);

  const series = useMemo((): Series[] => {
    const energy = (name: "gridImport" | "gridExport", sign: 1 | -1): Series => ({
      key: name,
      label: t(`energies.${name}`),
      unit: "kWh",
      color: sign > 0 ? "--grid" : "--grid-export",
      draw: "stack",
      values: windows.map((w) => (w?.energyKwh[name] == null ? null : sign * Number(w.energyKwh[name]))),
      text: (i) => format.quantity(windows[i]?.energyKwh[name], "kWh", 3),
    });
    const price = (side: "import" | "export", color: `--${string}`): Series => ({
      key: `${side}Price`,
      label: t(`settlements.${side}Price`),
      unit: `${station.currency}/kWh`,
      color,
      draw: "steps",
      right: true,
      dashed: side === "export",
      values: prices.map((p) => (p?.[side] ? Number(p[side].price) : null)),
      text: (i) => format.price(prices[i]?.[side]?.price, station.currency),
    });
    return [
      energy("gridImport", 1),
      energy("gridExport", -1),
      ...(prices.some((p) => p?.import) ? [price("import", "--bad")] : []),
      ...(prices.some((p) => p?.export) ? [price("export", "--text-soft")] : []),
    ];
  }, [windows, prices, station.currency, format, t]);

  return (
    <Panel title={t("settlements.curve")}>
      <Resource
        query={quarters}
        isEmpty={(all) => all.length === 0}
        empty={<Empty title={t("settlements.noQuarters")}>{t("settlements.noQuartersText")}</Empty>}
      >
        {() => (
          <>
            {query.isLoadingError && <Stale>{t("state.noPrices")}</Stale>}
            <TimeChart
              label={t("settlements.curveLabel")}
              zone={station.timezone}
              times={times}
              end={to}
              series={series}
              bands={bands}
              height={240}
              file={`${station.stationId}-${date}-settlement`}
            />
          </>
        )}
      </Resource>
    </Panel>
  );
}
