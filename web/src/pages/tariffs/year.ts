import type { PriceStep } from "../../api/prices";
import { addDays, dayStart, localDate } from "../../format/zone";

/** A price that holds in some part of the year. */
export interface PeriodPrice {
  period: string;
  price: string;
}

/** A stretch of a day with one price, in quarters of an hour on the local clock. */
export interface Run {
  from: number;
  to: number;
  price: PeriodPrice | null;
  /** Where the clock shows these quarters twice, whether it is the first or the second time. */
  turn?: 1 | 2;
}

/** Days that follow each other and have the same prices at the same times. */
export interface Block {
  first: number;
  days: number;
  runs: Run[];
}

export interface Year {
  dates: string[];
  blocks: Block[];
  /** Dearest first, each with the hours of the year in which it holds. */
  prices: (PeriodPrice & { hours: number })[];
  /** Days on which the clock is changed, with their lengths in hours. */
  changes: { date: string; hours: number }[];
}

/** A stretch of time with one price, in milliseconds. */
interface Span {
  from: number;
  to: number;
  price: PeriodPrice | null;
}

const quarter = 900_000;
const day = 96 * quarter;

/** The first and the end of a year of a zone, in milliseconds. */
export function yearSpan(year: number, zone: string): { from: number; to: number } {
  return { from: dayStart(`${year}-01-01`, zone), to: dayStart(`${year + 1}-01-01`, zone) };
}

/** A year's price steps day by day, as a clock on the wall shows them. */
export function yearOf(steps: PriceStep[], direction: "import" | "export", year: number, zone: string): Year {
  const { from, to } = yearSpan(year, zone);
  const dates: string[] = [];
  const changes: Year["changes"] = [];
  const blocks: Block[] = [];
  const hours = new Map<string, PeriodPrice & { hours: number }>();
  let profile = "";
  let step = 0;
  for (let start = from, date = `${year}-01-01`; start < to;) {
    const next = addDays(date, 1);
    const end = nextDay(start, next, zone);
    const spans: Span[] = [];
    while (step < steps.length && Date.parse(steps[step]?.to ?? "") <= start) step++;
    for (let i = step; i < steps.length; i++) {
      const s = steps[i];
      if (!s || Date.parse(s.from) >= end) break;
      const span = { from: Math.max(Date.parse(s.from), start), to: Math.min(Date.parse(s.to), end) };
      const price = s[direction] ?? null;
      spans.push({ ...span, price });
      if (price) {
        const key = nameOf(price);
        const sum = hours.get(key) ?? { ...price, hours: 0 };
        hours.set(key, { ...sum, hours: sum.hours + (span.to - span.from) / 3_600_000 });
      }
    }
    const runs = end - start === day ? straight(spans, start) : onTheClock(spans, zone);
    if (end - start !== day) changes.push({ date, hours: (end - start) / 3_600_000 });
    const these = JSON.stringify(runs);
    const last = blocks.at(-1);
    if (last && these === profile) last.days++;
    else blocks.push({ first: dates.length, days: 1, runs });
    profile = these;
    dates.push(date);
    [start, date] = [end, next];
  }
  const prices = [...hours.values()].toSorted((a, b) => Number(b.price) - Number(a.price));
  return { dates, blocks, prices, changes };
}

/** Tells prices apart: the same period may have several over a year. */
export function nameOf({ period, price }: PeriodPrice): string {
  return `${period} ${price}`;
}

/** What holds at a quarter of a day: nothing where the clock skips it, two where it shows it twice. */
export function pricesAt(year: Year, dayIndex: number, at: number): Run[] {
  const block = year.blocks.findLast((b) => b.first <= dayIndex);
  return (block?.runs ?? []).filter((r) => r.from <= at && at < r.to);
}

/** Days with the same prices, whenever they are, most frequent first. */
export function profilesOf(year: Year): { runs: Run[]; days: number; ranges: { from: string; to: string }[] }[] {
  const found = new Map<string, ReturnType<typeof profilesOf>[number]>();
  for (const { first, days, runs } of year.blocks) {
    const key = JSON.stringify(runs);
    const known = found.get(key) ?? { runs, days: 0, ranges: [] };
    known.days += days;
    known.ranges.push({ from: year.dates[first] ?? "", to: year.dates[first + days - 1] ?? "" });
    found.set(key, known);
  }
  return [...found.values()].toSorted((a, b) => b.days - a.days);
}

/** The start of the day after; mostly it is 24 hours later, which is quicker to check than to search. */
function nextDay(start: number, date: string, zone: string): number {
  const guess = start + day;
  if (localDate(guess, zone) === date && localDate(guess - 1, zone) !== date) return guess;
  return dayStart(date, zone);
}

function straight(spans: Span[], start: number): Run[] {
  return joined(spans.map((s) => ({ from: (s.from - start) / quarter, to: (s.to - start) / quarter, price: s.price })));
}

/** Quarter by quarter, where the clock is changed. */
function onTheClock(spans: Span[], zone: string): Run[] {
  const shown = new Map<number, number>(); // how often the clock showed a quarter
  const quarters = spans.flatMap((s) => {
    const count = Math.round((s.to - s.from) / quarter);
    return Array.from({ length: count }, (_, i) => ({ at: clock(s.from + i * quarter, zone), price: s.price }));
  });
  for (const q of quarters) shown.set(q.at, (shown.get(q.at) ?? 0) + 1);
  const seen = new Set<number>();
  const runs = quarters.map(({ at, price }): Run => {
    const twice = (shown.get(at) ?? 0) > 1;
    const turn = seen.has(at) ? 2 : 1;
    seen.add(at);
    return { from: at, to: at + 1, price, ...(twice && { turn }) };
  });
  return joined(runs);
}

function joined(runs: Run[]): Run[] {
  const all: Run[] = [];
  for (const run of runs) {
    const last = all.at(-1);
    const same = last?.price && run.price ? nameOf(last.price) === nameOf(run.price) : last?.price === run.price;
    if (last && same && last.to === run.from && last.turn === run.turn) last.to = run.to;
    else all.push({ ...run });
  }
  return all;
}

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Which quarter of a day the clock shows. */
function clock(instant: number, zone: string): number {
  let format = clocks.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    clocks.set(zone, format);
  }
  const [hour = "0", minute = "0"] = format.format(instant).split(":");
  return Number(hour) * 4 + Math.floor(Number(minute) / 15);
}
