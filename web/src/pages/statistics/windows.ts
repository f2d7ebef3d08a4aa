import type { StatisticsWindow } from "../../api/statistics";
import type { Mark } from "../../components/TimeChart";
import { addDays, dayStart, localDate } from "../../format/zone";
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

/** The other period's windows in the order of this one's: by the month, or by the day and the time since its beginning. */
export function matched(
  aligned: Aligned,
  from: string,
  other: readonly StatisticsWindow[],
  otherFrom: string,
  zone: string,
): (StatisticsWindow | undefined)[] {
  const theirs = new Map<string, StatisticsWindow>();
  const placer = other[0]?.granularity === "MONTH" || other[0]?.granularity === "YEAR" ? monthPlacer : dayPlacer;
  const place = placer(otherFrom, zone);
  for (const w of other) theirs.set(place(Date.parse(w.windowStart)), w);
  const ours = placer(from, zone);
  return aligned.times.map((time) => theirs.get(ours(time)));
}

/** Says which day of a range an instant is in, and how long after the day's beginning. Instants have to rise. */
function dayPlacer(from: string, zone: string): (instant: number) => string {
  let [date, start, next] = ["", 0, 0];
  return (instant) => {
    if (instant >= next || instant < start) {
      date = localDate(instant, zone);
      start = dayStart(date, zone);
      next = dayStart(addDays(date, 1), zone);
    }
    return `${(Date.parse(date) - Date.parse(from)) / 86_400_000} ${instant - start}`;
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
