import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useFormat } from "../../format/format";
import { useT } from "../../i18n";
import { themeColors } from "../../theme/colors";
import { useTheme } from "../../theme/theme";
import { Button } from "../Button";
import { DataTable, type Column } from "../DataTable";
import { plotData, plotOptions } from "./draw";
import { savePicture } from "./picture";
import styles from "./Plot.module.css";
import type { TimeChartProps } from "./types";

const none: never[] = [];

/** The chart itself, in a file that is loaded where one is shown; pages use components/TimeChart. */
export default function Plot(props: TimeChartProps) {
  const { label, zone, times, end, series, bands = none, marks = none, height = 280, file = "chart", range } = props;
  const t = useT();
  const format = useFormat(zone);
  const theme = useTheme();
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(null);
  const [at, setAt] = useState<number | null>(null);
  const [asTable, setAsTable] = useState(false);

  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });

  // uPlot takes new values as they come, and is made anew when what it draws, or how, is another.
  const shape = JSON.stringify([series.map((s) => [s.key, s.label, s.draw, s.color, s.unit, s.right, s.dashed]), zone]);
  useEffect(() => {
    const element = frame.current;
    if (!element) return;
    const made = new uPlot(
      plotOptions(() => latest.current, {
        width: element.clientWidth,
        height,
        locale: format.locale,
        color: themeColors(element),
        font: getComputedStyle(element).fontFamily,
        onCursor: setAt,
        onRange: (from, to) => latest.current.onRange?.(from, to),
      }),
      plotData(latest.current),
      element,
    );
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [shape, asTable, theme, format.locale, height]);

  useEffect(() => {
    const u = plot.current;
    if (!u) return;
    const zoomed = isZoomed(u);
    u.setData(plotData({ times, end, series }), !zoomed);
    if (zoomed) u.redraw();
  }, [times, end, series, bands, marks]);

  useEffect(() => {
    const u = plot.current;
    const { min, max } = u?.scales.x ?? {};
    if (!u || !range || (min === range.from / 1000 && max === range.to / 1000)) return;
    u.setScale("x", { min: range.from / 1000, max: range.to / 1000 });
  }, [range, shape, asTable, theme, format.locale]);

  const index = at === null ? null : Math.min(at, times.length - 1);
  const time = index === null ? undefined : times[index];
  const here = time === undefined ? [] : [...bands, ...marks].filter((b) => b.from <= time && time < b.to);
  const words =
    time === undefined || index === null
      ? label
      : `${format.time(time, "dayTime")}: ` +
        [...series.map((s) => `${s.label} ${s.text(index)}`), ...here.map((b) => b.label)].join(", ");

  return (
    <figure className={styles.chart}>
      <div className={styles.bar}>
        <p className={styles.time}>{time === undefined ? label : format.time(time, "dayTime")}</p>
        <div className={styles.tools}>
          {!asTable && (
            <>
              <Button look="quiet" icon="refresh" iconOnly onPress={() => resetZoom(plot.current)}>
                {t("chart.reset")}
              </Button>
              <Button
                look="quiet"
                icon="image"
                iconOnly
                onPress={() => savePicture(plot.current, frame.current, label, series, file)}
              >
                {t("chart.picture")}
              </Button>
            </>
          )}
          <Button look="quiet" icon={asTable ? "statistics" : "table"} iconOnly onPress={() => setAsTable(!asTable)}>
            {asTable ? t("chart.asChart") : t("chart.asTable")}
          </Button>
        </div>
      </div>
      {asTable ? (
        <DataTable
          label={label}
          columns={tableColumns(props, t("chart.time"), (i) => format.time(times[i] ?? 0, "dayTime"))}
          rows={times.map((_, i) => i)}
          rowKey={String}
        />
      ) : (
        <>
          <div
            ref={frame}
            className={styles.frame}
            style={{ height }}
            role="slider"
            tabIndex={0}
            aria-label={t("chart.cursor", { chart: label })}
            aria-valuemin={0}
            aria-valuemax={Math.max(0, times.length - 1)}
            aria-valuenow={index ?? 0}
            aria-valuetext={words}
            onKeyDown={(event) => onKey(event, plot.current, index ?? -1, times, end)}
          />
          <ul className={styles.legend}>
            {series.map((s) => (
              <li key={s.key}>
                <svg className={styles.swatch} viewBox="0 0 14 10" aria-hidden="true">
                  <line
                    x1="0"
                    x2="14"
                    y1="5"
                    y2="5"
                    style={{ stroke: `var(${s.color})` }}
                    strokeWidth={s.draw === "stack" ? 10 : 2.5}
                    strokeDasharray={s.dashed ? "4 3" : undefined}
                  />
                </svg>
                {s.label}
                {index !== null && <b>{s.text(index)}</b>}
              </li>
            ))}
            {here.map((b) => (
              <li key={b.label} className={styles.here}>
                {b.label}
              </li>
            ))}
          </ul>
        </>
      )}
    </figure>
  );
}

function tableColumns({ series }: TimeChartProps, timeHeader: string, time: (i: number) => string): Column<number>[] {
  return [
    { key: "time", header: timeHeader, cell: time, rowHeader: true },
    ...series.map((s): Column<number> => ({ key: s.key, header: s.label, cell: s.text, align: "end" })),
  ];
}

/** Left and right move the cursor, plus and minus zoom about it, Escape shows all. */
function onKey(event: KeyboardEvent, u: uPlot | null, index: number, times: number[], end: number) {
  if (!u || times.length === 0) return;
  const { min, max } = u.scales.x ?? {};
  if (min == null || max == null) return;
  const moves: Record<string, number> = {
    ArrowLeft: -1,
    ArrowRight: 1,
    PageUp: -24,
    PageDown: 24,
    Home: -Infinity,
    End: Infinity,
  };
  const move = moves[event.key];
  const zoom = event.key === "+" || event.key === "=" ? 0.5 : event.key === "-" ? 2 : undefined;
  if (move !== undefined) {
    const to = Math.min(Math.max(index + move, 0), times.length - 1);
    const x = (times[to] ?? 0) / 1000;
    if (x < min || x > max) setRange(u, times, end, x - (max - min) / 2, x + (max - min) / 2);
    u.setCursor({ left: u.valToPos(x, "x"), top: 10 });
  } else if (zoom !== undefined) {
    const centre = index < 0 ? (min + max) / 2 : (times[index] ?? 0) / 1000;
    const half = ((max - min) * zoom) / 2;
    setRange(u, times, end, centre - half, centre + half);
  } else if (event.key === "Escape") {
    resetZoom(u);
  } else {
    return;
  }
  event.preventDefault();
}

function setRange(u: uPlot, times: number[], end: number, from: number, to: number) {
  const [first, last] = [(times[0] ?? 0) / 1000, end / 1000];
  const span = Math.min(to - from, last - first);
  const min = Math.min(Math.max(from, first), last - span);
  u.setScale("x", { min, max: min + span });
}

function resetZoom(u: uPlot | null) {
  const x = u?.data[0];
  if (u && x?.length) u.setScale("x", { min: x[0] ?? 0, max: x.at(-1) ?? 0 });
}

function isZoomed(u: uPlot): boolean {
  const x = u.data[0];
  const { min, max } = u.scales.x ?? {};
  return min != null && max != null && (min > (x[0] ?? 0) || max < (x.at(-1) ?? 0));
}
