import type { UseQueryResult } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { StationPage } from "../../app/StationPage";
import { granularities, useStatistics, type Granularity, type StatisticsWindow } from "../../api/statistics";
import type { StationSummary } from "../../api/stations";
import { Button } from "../../components/Button";
import { DateRange } from "../../components/DateRange";
import { Resource } from "../../components/Resource";
import { Segments } from "../../components/Segments";
import { Select } from "../../components/Select";
import { Empty, Loading } from "../../components/states";
import { useNow } from "../../format/useNow";
import { localDate } from "../../format/zone";
import { useT } from "../../i18n";
import { Charts } from "./Charts";
import {
  compared,
  comparisons,
  instants,
  presetRange,
  presets,
  shifted,
  usual,
  whole,
  type Comparison,
  type Range,
} from "./range";
import styles from "./StatisticsPage.module.css";
import { Totals } from "./Totals";
import { WindowTable } from "./WindowTable";

/** Energies, demand and states of charge, from quarter hours to years. */
export function StatisticsPage() {
  const t = useT();
  return <StationPage title={t("statistics.title")}>{(station) => <Statistics station={station} />}</StationPage>;
}

function Statistics({ station }: { station: StationSummary }) {
  const t = useT();
  const search = useSearch({ from: "/statistics" });
  const navigate = useNavigate({ from: "/statistics" });
  const today = localDate(useNow(60_000), station.timezone);
  const granularity = search.granularity ?? "quarter";
  const chosen = asked(search.from, search.to) ?? usual(granularity, today);
  const range = whole(chosen, granularity);
  const set = (change: { granularity?: Granularity; compare?: Comparison | undefined } & Partial<Range>) =>
    void navigate({ search: (s) => ({ ...s, ...change }) });

  return (
    <>
      <div className={styles.tools}>
        <Segments
          label={t("statistics.granularity")}
          options={granularities.map((key) => ({ key, label: t(`statistics.granularities.${key}`) }))}
          value={granularity}
          onChange={(key) => set({ granularity: key, ...(search.from ? {} : usual(key, today)) })}
        />
        <div className={styles.range}>
          <Button look="quiet" icon="previous" iconOnly onPress={() => set(shifted(range, -1))}>
            {t("statistics.earlier")}
          </Button>
          <DateRange label={t("statistics.range")} {...range} onChange={(from, to) => set({ from, to })} />
          <Button look="quiet" icon="next" iconOnly onPress={() => set(shifted(range, 1))}>
            {t("statistics.later")}
          </Button>
        </div>
        <Select
          label={t("statistics.preset")}
          icon="calendar"
          options={[
            { key: "", label: t("statistics.presets.choose") },
            ...presets.map((key) => ({ key, label: t(`statistics.presets.${key}`) })),
          ]}
          value={presets.find((p) => same(presetRange(p, today), chosen)) ?? ""}
          onChange={(key) => key !== "" && set(presetRange(key, today))}
        />
        <Select
          label={t("statistics.compare")}
          icon="compare"
          options={[
            { key: "none", label: t("statistics.comparisons.none") },
            ...comparisons.map((key) => ({ key, label: t(`statistics.comparisons.${key}`) })),
          ]}
          value={search.compare ?? "none"}
          onChange={(key) => set({ compare: key === "none" ? undefined : key })}
        />
      </div>
      <Shown
        key={`${station.stationId} ${granularity} ${range.from} ${range.to}`}
        station={station}
        granularity={granularity}
        range={range}
        other={search.compare && compared(range, search.compare)}
      />
    </>
  );
}

interface ShownProps {
  station: StationSummary;
  granularity: Granularity;
  range: Range;
  other: Range | undefined;
}

function Shown({ station, granularity, range, other }: ShownProps) {
  const t = useT();
  const now = useNow(60_000);
  const { from, to } = instants(range, station.timezone);
  const windows = useStatistics(station.stationId, granularity, from, to, to > now ? 60_000 : undefined);
  const before = instants(other ?? range, station.timezone);
  const others = useStatistics(station.stationId, granularity, before.from, before.to, undefined, other !== undefined);
  return (
    <Resource
      query={windows}
      isEmpty={(all) => all.length === 0}
      empty={<Empty title={t("statistics.empty")}>{t("statistics.emptyText")}</Empty>}
    >
      {(all) => <Parts {...{ station, granularity, range, other }} windows={all} others={other && others} />}
    </Resource>
  );
}

const none: StatisticsWindow[] = [];

/** Charts and tables of as many windows as there are: drawn one after the other, so that the page never stands still. */
function Parts(shown: ShownWindows) {
  const windows = useDeferredValue(shown.windows, none);
  if (windows.length === 0) return <Loading lines={8} />;
  const parts = { ...shown, windows };
  return (
    <>
      <Charts {...parts} />
      <Totals {...parts} />
      <WindowTable {...parts} />
    </>
  );
}

/** What the page's parts show: a period's windows, and those that they are compared with. */
export interface ShownWindows {
  station: StationSummary;
  granularity: Granularity;
  range: Range;
  windows: StatisticsWindow[];
  other: Range | undefined;
  others: UseQueryResult<StatisticsWindow[]> | undefined;
}

function asked(from: string | undefined, to: string | undefined): Range | undefined {
  return from && to && from <= to ? { from, to } : undefined;
}

function same(a: Range, b: Range): boolean {
  return a.from === b.from && a.to === b.to;
}
