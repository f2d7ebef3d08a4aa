import { addDays, ahead, dayStart, localDate } from "../../format/zone";

export type TickStyle = "time" | "day" | "month" | "year";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

const withinDays = [15, 30, 60, 120, 180, 360, 720].map((m) => m * minute);
const days = [1, 2, 5, 10, 15];
const months = [1, 2, 3, 6, 12, 24, 60, 120];

/** Instants at round local times of [min, max], at most so many, and how to write them. */
export function timeTicks(min: number, max: number, zone: string, most: number): { ticks: number[]; style: TickStyle } {
  const span = max - min;
  const step = withinDays.find((s) => span / s <= most);
  if (step) return { ticks: inDays(min, max, zone, step), style: "time" };
  const dayStep = days.find((n) => span / (n * day) <= most);
  if (dayStep) {
    const first = dayOfStep(localDate(min, zone), dayStep);
    return { ticks: ofDates(min, max, zone, first, (date) => nextDay(date, dayStep)), style: "day" };
  }
  const monthStep = months.find((n) => span / (n * 30.4 * day) <= most) ?? 240;
  const first = localDate(min, zone).slice(0, monthStep >= 12 ? 4 : 7);
  const ticks = ofDates(min, max, zone, `${first}-01-01`.slice(0, 10), (date) => nextMonth(date, monthStep));
  return { ticks, style: monthStep < 12 ? "month" : "year" };
}

/** Counted from each local midnight; where the clock changes, moved with it, so that the names stay round. */
function inDays(min: number, max: number, zone: string, step: number): number[] {
  const ticks: number[] = [];
  for (let date = localDate(min, zone); ; date = addDays(date, 1)) {
    const start = dayStart(date, zone);
    if (start > max) return ticks;
    const end = dayStart(addDays(date, 1), zone);
    for (let time = 0; time < end - start; time += step) {
      // Within an hour the names are round anyhow, and each of the two hours of one name has its own.
      const change = step > hour ? ahead(start + time, zone) - ahead(start, zone) : 0;
      const tick = start + time - change;
      const skipped = change !== 0 && ahead(tick, zone) - ahead(start, zone) !== change;
      if (!skipped && tick < end && tick >= min && tick <= max) ticks.push(tick);
    }
  }
}

function ofDates(min: number, max: number, zone: string, first: string, next: (date: string) => string): number[] {
  const ticks: number[] = [];
  for (let date = first; ; date = next(date)) {
    const start = dayStart(date, zone);
    if (start > max) return ticks;
    if (start >= min) ticks.push(start);
  }
}

/** The last day not after this one that a tick stands at. */
function dayOfStep(date: string, step: number): string {
  let last = `${date.slice(0, 7)}-01`;
  for (let next = nextDay(last, step); next <= date; next = nextDay(next, step)) last = next;
  return last;
}

/** Steps of several days begin anew each month, so that the same days are named in each. */
function nextDay(date: string, step: number): string {
  const next = addDays(date, step - ((Number(date.slice(8)) - 1) % step));
  const month = nextMonth(date, 1);
  return addDays(next, Math.floor(step / 2)) >= month ? month : next;
}

function nextMonth(date: string, step: number): string {
  const month = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + step;
  return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, "0")}-01`;
}
