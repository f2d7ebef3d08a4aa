import { useMemo } from "react";
import type { StatisticsWindow } from "../../api/statistics";
import { Badge } from "../../components/Badge";
import { Button } from "../../components/Button";
import { DataTable, type Column } from "../../components/DataTable";
import { Panel } from "../../components/Panel";
import { saveFile } from "../../components/saveFile";
import { useFlagName } from "../../format/flags";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import { csv } from "./csv";
import type { ShownWindows } from "./StatisticsPage";
import styles from "./StatisticsPage.module.css";
import { energies, present, socGauge } from "./windows";

const timeStyles = { quarter: "dayTime", hour: "dayTime", day: "weekday", month: "month", year: "year" } as const;

/** The same numbers as the charts', window by window. */
export function WindowTable({ station, granularity, range, windows }: ShownWindows) {
  const t = useT();
  const format = useFormat(station.timezone);
  const flagName = useFlagName();
  const columns = useMemo((): Column<StatisticsWindow>[] => {
    const style = timeStyles[granularity];
    const flags: Column<StatisticsWindow> = {
      key: "flags",
      header: t("statistics.table.flags"),
      cell: (w) => (
        <span className={styles.flags}>
          {w.flags.map((flag) => (
            <Badge key={flag} tone={flag === "derived" ? "neutral" : "warn"}>
              {flagName(flag)}
            </Badge>
          ))}
        </span>
      ),
    };
    const soc: Column<StatisticsWindow> = {
      key: "soc",
      header: t("statistics.table.soc"),
      cell: (w) => format.quantity(w.gauges[socGauge]?.mean, "%"),
      align: "end",
    };
    return [
      {
        key: "start",
        header: t("statistics.table.start"),
        cell: (w) => format.time(w.windowStart, style),
        rowHeader: true,
      },
      ...energies
        .filter((name) => present(windows, name))
        .map((name): Column<StatisticsWindow> => ({
          key: name,
          header: `${t(`energies.${name}`)} (kWh)`,
          cell: (w) => format.quantity(w.energyKwh[name], "", 3),
          align: "end",
        })),
      {
        key: "selfConsumption",
        header: t("statistics.table.selfConsumption"),
        cell: (w) => format.percent(w.selfConsumption, 1),
        align: "end",
      },
      {
        key: "selfSufficiency",
        header: t("statistics.table.selfSufficiency"),
        cell: (w) => format.percent(w.selfSufficiency, 1),
        align: "end",
      },
      {
        key: "demand",
        header: t("statistics.table.demand"),
        cell: (w) => format.quantity(w.demandKw, "", 2),
        align: "end",
      },
      ...(windows.some((w) => w.gauges[socGauge]) ? [soc] : []),
      {
        key: "completeness",
        header: t("statistics.table.completeness"),
        cell: (w) => format.percent(w.completeness, 1),
        align: "end",
      },
      {
        key: "revision",
        header: t("statistics.table.revision"),
        cell: (w) => format.integer(w.revision),
        align: "end",
      },
      ...(windows.some((w) => w.flags.length > 0) ? [flags] : []),
    ];
  }, [windows, granularity, format, flagName, t]);
  const name = `${station.stationId}-${granularity}-${range.from}-${range.to}.csv`;
  return (
    <Panel
      title={t("statistics.table.title")}
      aside={
        <Button
          icon="download"
          onPress={() => saveFile(new Blob([csv(windows, station.timezone)], { type: "text/csv;charset=utf-8" }), name)}
        >
          {t("statistics.table.csv")}
        </Button>
      }
    >
      <DataTable
        label={t("statistics.table.title")}
        columns={columns}
        rows={windows}
        rowKey={(w) => w.windowStart}
        rowHeight={36}
      />
    </Panel>
  );
}
