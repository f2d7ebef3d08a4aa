import uPlot from "uplot";
import { makeFormat } from "../../format/format";
import { timeTicks } from "./ticks";
import type { Band, Mark, Series, TimeChartProps } from "./types";

/** What uPlot draws, in drawOrder: seconds, and stacked series as the sums that their outer edges are. */
export function plotData({ times, end, series }: Pick<TimeChartProps, "times" | "end" | "series">): uPlot.AlignedData {
  const x = [...times, end].map((t) => t / 1000);
  const up = new Float64Array(x.length);
  const down = new Float64Array(x.length);
  const columns = new Map(
    series.map((s) => {
      const column = [...s.values, null];
      return [s, held(s.draw === "stack" ? stacked(column, up, down) : column)];
    }),
  );
  return [x, ...drawOrder(series).map((s) => columns.get(s) ?? [])];
}

type Column = (number | null)[];

/** Values upon those before them: positive ones upwards, negative ones downwards, and a 0 on the side of its sign. */
function stacked(column: Column, up: Float64Array, down: Float64Array): Column {
  return column.map((value, i) => {
    if (value === null) return null;
    const side = value < 0 || Object.is(value, -0) ? down : up;
    return (side[i] = (side[i] ?? 0) + value);
  });
}

/** A value holds until the next time, also where nothing is known from then on: it is drawn to its window's end. */
function held(column: Column): Column {
  return column.map((value, i) => value ?? column[i - 1] ?? null);
}

/** The outer edges of a stack first, so that the inner ones lie over them. */
function drawOrder(series: Series[]): Series[] {
  const stacked = series.filter((s) => s.draw === "stack");
  return [...stacked.toReversed(), ...series.filter((s) => s.draw !== "stack")];
}

interface Look {
  width: number;
  height: number;
  locale: string;
  /** Resolves a colour of the theme. */
  color: (name: string) => string;
  font: string;
  onCursor: (index: number | null) => void;
  onRange: (from: number, to: number) => void;
}

/** Bands and marks are asked for anew whenever the chart is drawn; the rest is as it was when the chart was made. */
export function plotOptions(props: () => TimeChartProps, look: Look): uPlot.Options {
  const { series, zone } = props();
  const format = makeFormat(look.locale, zone);
  const left = series.find((s) => !s.right);
  const right = series.find((s) => s.right);
  const font = `12px ${look.font}`;
  const quiet = {
    stroke: look.color("--text-soft"),
    font,
    ticks: { show: false },
    grid: { stroke: look.color("--line"), width: 1 },
  };
  const axis = (scale: string, s: Series): uPlot.Axis => ({
    ...quiet,
    scale,
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- the enum exists in types only
    side: s.right ? 1 : 3,
    size: (u, values) => widest(u, values, font) + 12,
    label: s.unit,
    labelFont: font,
    labelSize: 16,
    ...(s.right && { grid: { show: false } }),
    values: (_, splits) => splits.map((v) => format.quantity(v, "", decimals(splits))),
  });

  return {
    width: look.width,
    height: look.height,
    legend: { show: false },
    padding: [8, right ? 0 : 28, 0, 0],
    cursor: {
      drag: { x: true, y: false, uni: 12 },
      points: { size: 7 },
      x: true,
      y: false,
    },
    scales: {
      x: { time: true },
      left: { range: (u) => around0(inView(u, "left"), right?.unit === "%" ? none : inView(u, "right")) },
      right: { range: (u) => (right?.unit === "%" ? [0, 100] : around0(inView(u, "right"), inView(u, "left"))) },
    },
    axes: [
      {
        ...quiet,
        size: 30,
        splits: (u) => ticksOf(u, zone).ticks.map((t) => t / 1000),
        values: (u, splits) => {
          const { style } = ticksOf(u, zone);
          return splits.map((s) => tickLabel(s * 1000, style, format));
        },
      },
      ...(left ? [axis("left", left)] : []),
      ...(right ? [axis("right", right)] : []),
    ],
    series: [{}, ...drawOrder(series).map((s) => line(s, look))],
    hooks: {
      drawClear: [(u) => drawBands(u, props().bands ?? [], look)],
      draw: [(u) => drawMarks(u, props().marks ?? [], look)],
      setCursor: [(u) => look.onCursor(u.cursor.idx ?? null)],
      setScale: [
        (u, key) => {
          const { min, max } = u.scales.x ?? {};
          if (key === "x" && min != null && max != null) look.onRange(min * 1000, max * 1000);
        },
      ],
    },
  };
}

/** As many ticks as there is room for, and no more than there are windows. */
function ticksOf(u: uPlot, zone: string): ReturnType<typeof timeTicks> {
  const { min = 0, max = 0 } = u.scales.x ?? {};
  const [first = 0, second = first + 1] = u.data[0];
  const span = max - min;
  const most = Math.max(2, Math.min(Math.floor(u.width / 72), Math.ceil(span / (second - first))));
  return timeTicks(min * 1000, max * 1000, zone, most);
}

/** The width in CSS pixels of the longest of an axis's texts; uPlot asks before it has any, too. */
function widest(u: uPlot, texts: (string | null)[] | null | undefined, font: string): number {
  u.ctx.save();
  u.ctx.font = font;
  const widths = (texts ?? []).map((text) => u.ctx.measureText(text ?? "").width);
  u.ctx.restore();
  return Math.ceil(Math.max(0, ...widths));
}

function line(s: Series, look: Look): uPlot.Series {
  const stroke = look.color(s.color);
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const linear = uPlot.paths.linear?.();
  return {
    label: s.label,
    scale: s.right ? "right" : "left",
    stroke,
    width: s.draw === "stack" ? 1 : 1.75,
    ...(s.dashed && { dash: [6, 4] }),
    ...(s.draw === "stack" && { fill: stroke }),
    points: { show: false },
    // Where several values share a pixel column the linear path keeps the least and the largest of them.
    paths: (u, i, from, to) =>
      (s.draw === "line" || to - from > u.bbox.width ? linear : stepped)?.(u, i, from, to) ?? null,
  };
}

function drawBands(u: uPlot, bands: Band[], look: Look) {
  const { ctx, bbox } = u;
  ctx.save();
  for (const band of bands) {
    const [x0, x1] = clip(u, band.from, band.to);
    if (x1 <= x0) continue;
    ctx.fillStyle = look.color(band.color);
    ctx.fillRect(x0, bbox.top, x1 - x0, bbox.height);
  }
  ctx.restore();
}

const markHeight = 5;

/** Stripes along the bottom. */
function drawMarks(u: uPlot, marks: Mark[], look: Look) {
  const { ctx, bbox } = u;
  const height = markHeight * devicePixelRatio;
  ctx.save();
  ctx.fillStyle = look.color("--warn");
  for (const mark of marks) {
    const [x0, x1] = clip(u, mark.from, mark.to);
    if (x1 > x0) ctx.fillRect(x0, bbox.top + bbox.height - height, Math.max(x1 - x0, 2), height);
  }
  ctx.restore();
}

function clip(u: uPlot, from: number, to: number): [number, number] {
  const { left, width } = u.bbox;
  const at = (t: number) => Math.min(Math.max(u.valToPos(t / 1000, "x", true), left), left + width);
  return [at(from), at(to)];
}

type Extent = readonly [low: number, high: number];

const none: Extent = [0, 0];

/** How far the values in view lie below and above 0. */
function inView(u: uPlot, scale: string): Extent {
  let [low, high] = none;
  const [from, to] = u.series[0]?.idxs ?? [0, -1];
  u.series.forEach((s, i) => {
    if (s.scale !== scale) return;
    for (const value of u.data[i]?.slice(from, to + 1) ?? []) {
      low = Math.min(low, value ?? 0);
      high = Math.max(high, value ?? 0);
    }
  });
  return [low, high];
}

/** A scale that holds 0, at the same height as the scale of the other side has it, and gives the curve some air. */
export function around0([low, high]: Extent, other: Extent): [number, number] {
  if (low === high) [low, high] = other[0] === other[1] ? [0, 1] : other;
  const below = Math.max(shareBelow0([low, high]), shareBelow0(other));
  const above = Math.max(1 - shareBelow0([low, high]), other[0] === other[1] ? 0 : 1 - shareBelow0(other));
  const share = below / (below + above);
  const span = Math.max(share > 0 ? -low / share : 0, share < 1 ? high / (1 - share) : 0) * 1.06;
  return [-span * share, span * (1 - share)];
}

function shareBelow0([low, high]: Extent): number {
  return low === high ? 0 : -low / (high - low);
}

function decimals(splits: number[]): number {
  const step = Math.abs((splits[1] ?? 1) - (splits[0] ?? 0));
  let places = 0;
  while (places < 6 && Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) > 1e-6) places++;
  return places;
}

function tickLabel(
  instant: number,
  style: "time" | "day" | "month" | "year",
  format: ReturnType<typeof makeFormat>,
): string {
  const text = format.time(instant, style);
  // Midnight carries the date.
  return style === "time" && text === "00:00" ? format.time(instant, "day") : text;
}
