import type { Granularity } from "../../api/statistics";
import { addDays, dayStart } from "../../format/zone";

/** Local days, both included. */
export interface Range {
  from: string;
  to: string;
}

/** [from, to) in milliseconds. */
export function instants({ from, to }: Range, zone: string): { from: number; to: number } {
  return { from: dayStart(from, zone), to: dayStart(addDays(to, 1), zone) };
}

export function days({ from, to }: Range): number {
  return (Date.parse(to) - Date.parse(from)) / 86_400_000 + 1;
}

/** What is shown of a granularity when the address doesn't say. */
export function usual(granularity: Granularity, today: string): Range {
  const last = { quarter: 1, hour: 7, day: 31 }[granularity as "day"] as number | undefined;
  if (last) return { from: addDays(today, 1 - last), to: today };
  const year = Number(today.slice(0, 4));
  return { from: `${granularity === "month" ? year : year - 4}-01-01`, to: today };
}

/** The whole months or years that a range touches: windows as long as that are shown, and added up, whole. */
export function whole({ from, to }: Range, granularity: Granularity): Range {
  if (granularity === "month") return { from: `${from.slice(0, 7)}-01`, to: wholeMonths(to.slice(0, 7), 1).to };
  if (granularity === "year") return { from: `${from.slice(0, 4)}-01-01`, to: `${to.slice(0, 4)}-12-31` };
  return { from, to };
}

export const presets = ["today", "yesterday", "week", "month", "lastMonth", "year", "lastYear"] as const;
export type Preset = (typeof presets)[number];

export function presetRange(preset: Preset, today: string): Range {
  switch (preset) {
    case "today":
      return { from: today, to: today };
    case "yesterday":
      return { from: addDays(today, -1), to: addDays(today, -1) };
    case "week":
      return { from: addDays(today, -6), to: today };
    case "month":
      return { from: today.slice(0, 8) + "01", to: today };
    case "lastMonth":
      return wholeMonths(addMonths(today.slice(0, 7), -1), 1);
    case "year":
      return { from: today.slice(0, 5) + "01-01", to: today };
    case "lastYear":
      return wholeMonths(`${year(Number(today.slice(0, 4)) - 1)}-01`, 12);
  }
}

/** The range so many of its own lengths later. Whole months move by months, so that a month stays one. */
export function shifted(range: Range, by: number): Range {
  const months = lengthInMonths(range);
  if (months > 0) return wholeMonths(addMonths(range.from.slice(0, 7), by * months), months);
  const length = days(range) * by;
  return { from: addDays(range.from, length), to: addDays(range.to, length) };
}

export const comparisons = ["before", "yearBefore"] as const;
export type Comparison = (typeof comparisons)[number];

export function compared(range: Range, how: Comparison): Range {
  if (how === "before") return shifted(range, -1);
  const months = lengthInMonths(range);
  if (months > 0) return wholeMonths(addMonths(range.from.slice(0, 7), -12), months);
  const from = sameDay(range.from, -1);
  return { from, to: addDays(from, days(range) - 1) };
}

/** How many whole months a range is; 0 where it isn't. */
function lengthInMonths({ from, to }: Range): number {
  const after = addDays(to, 1);
  if (!from.endsWith("-01") || !after.endsWith("-01")) return 0;
  return monthsOf(after) - monthsOf(from);
}

function wholeMonths(first: string, count: number): Range {
  return { from: `${first}-01`, to: addDays(`${addMonths(first, count)}-01`, -1) };
}

function addMonths(month: string, count: number): string {
  const months = monthsOf(month) + count;
  return `${year(Math.floor(months / 12))}-${String((months % 12) + 1).padStart(2, "0")}`;
}

/** The day in another year; 29 February becomes 1 March. */
function sameDay(date: string, years: number): string {
  return new Date(
    Date.parse(`${year(Number(date.slice(0, 4)) + years)}-${date.slice(5, 7)}-01`) +
      (Number(date.slice(8)) - 1) * 86_400_000,
  )
    .toISOString()
    .slice(0, 10);
}

/** Months since the year 0. */
export function monthsOf(date: string): number {
  return Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1;
}

function year(y: number): string {
  return String(y).padStart(4, "0");
}
