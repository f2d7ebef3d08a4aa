import type { StatisticsWindow } from "../../api/statistics";
import type { Mark } from "../../components/TimeChart";
import { addDays, ahead, dayStart, localDate } from "../../format/zone";
import { monthsOf } from "./range";

export const energies = [
  "pv",
  "batteryDischarge",
  "gridImport",
  "genset",
  "load",
  "batteryCharge",
  "evse",
  "gridExport",
  "selfConsumed",
] as const;
export type EnergyName = (typeof energies)[number];

/** The windows' gauge of the batteries' state of charge. */
export const socGauge = "battery.soc";

/** Windows over the times that a chart is drawn at; a stretch without windows is one time without. */
export interface Aligned {
  times: number[];
  end: number;
  windows: (StatisticsWindow | undefined)[];
}

export function align(windows: readonly StatisticsWindow[]): Aligned {
  const aligned: Aligned = { times: [], end: 0, windows: [] };
  for (const window of windows) {
    const start = Date.parse(window.windowStart);
    if (aligned.times.length > 0 && start > aligned.end) {
      aligned.times.push(aligned.end);
      aligned.windows.push(undefined);
    }
    aligned.times.push(start);
    aligned.windows.push(window);
    aligned.end = Date.parse(window.windowEnd);
  }
  return aligned;
}

/** What is to be shown; what a station doesn't have is 0 everywhere, and only in the way. */
export function present(windows: readonly StatisticsWindow[], name: EnergyName): boolean {
  return windows.some((w) => w.energyKwh[name] === null || /[1-9]/.test(w.energyKwh[name] ?? ""));
}

/** The other period's windows in the order of this one's: by the month, or by what the clock shows. */
export function matched(
  aligned: Aligned,
  from: string,
  other: readonly StatisticsWindow[],
  otherFrom: string,
  zone: string,
): (StatisticsWindow | undefined)[] {
  const theirs = new Map<string, StatisticsWindow>();
  const placer = other[0]?.granularity === "MONTH" || other[0]?.granularity === "YEAR" ? monthPlacer : clockPlacer;
  const place = placer(otherFrom, zone);
  for (const w of other) {
    const at = place(Date.parse(w.windowStart));
    if (!theirs.has(at)) theirs.set(at, w); // of an hour that comes twice the first
  }
  const ours = placer(from, zone);
  return aligned.times.map((time) => theirs.get(ours(time)));
}

/** Says how long after a range's beginning an instant is as clocks show it: evening peaks meet, also where clocks change. */
function clockPlacer(from: string, zone: string): (instant: number) => string {
  let [start, next, fixed] = [0, 0, NaN];
  return (instant) => {
    if (instant >= next || instant < start) {
      const date = localDate(instant, zone);
      start = dayStart(date, zone);
      next = dayStart(addDays(date, 1), zone);
      // Asked for each of a year's quarters it would take long, and it changes on two days.
      fixed = next - start === 86_400_000 ? ahead(start, zone) : NaN;
    }
    return String(instant + (Number.isNaN(fixed) ? ahead(instant, zone) : fixed) - Date.parse(from));
  };
}

/** Says which month of a range an instant is in: months differ in length, and so do years. */
function monthPlacer(from: string, zone: string): (instant: number) => string {
  return (instant) => String(monthsOf(localDate(instant, zone)) - monthsOf(from));
}

/** Stretches of which something is to be known: those whose words differ from the one before begin a new mark. */
export function marks(windows: readonly StatisticsWindow[], words: (window: StatisticsWindow) => string): Mark[] {
  const all: Mark[] = [];
  for (const window of windows) {
    const label = words(window);
    if (label === "") continue;
    const [from, to] = [Date.parse(window.windowStart), Date.parse(window.windowEnd)];
    const last = all.at(-1);
    if (last?.to === from && last.label === label) last.to = to;
    else all.push({ from, to, label });
  }
  return all;
}
