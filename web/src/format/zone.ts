// Local days of a station's zone. A date is "2026-11-25", an instant is milliseconds since 1970.

const hour = 3_600_000;

/** The local date of an instant. */
export function localDate(instant: number, zone: string): string {
  const p = parts(instant, zone);
  return `${p.year}-${p.month}-${p.day}`;
}

/** The first instant of a local date, which isn't midnight where the clock skips it. */
export function dayStart(date: string, zone: string): number {
  // Local midnight is within 15 h of UTC's; from the first instant of the window on, the date only grows.
  let low = Date.parse(`${date}T00:00:00Z`) - 15 * hour;
  let high = low + 30 * hour;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (localDate(middle, zone) < date) low = middle;
    else high = middle;
  }
  return high;
}

/** The date so many days later. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * 24 * hour).toISOString().slice(0, 10);
}

/** How long a local day is: 24, but 23 or 25 where the clock changes. */
export function dayHours(date: string, zone: string): number {
  return (dayStart(addDays(date, 1), zone) - dayStart(date, zone)) / hour;
}

/** How far a zone's clock is ahead of UTC at an instant: "+02:00". */
export function offset(instant: number, zone: string): string {
  let format = offsets.get(zone);
  if (!format)
    offsets.set(zone, (format = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" })));
  const name = format.formatToParts(instant).find((p) => p.type === "timeZoneName")?.value ?? "";
  return name.replace("GMT", "") || "+00:00";
}

/** The same in milliseconds. */
export function ahead(instant: number, zone: string): number {
  return -Date.parse(`1970-01-01T00:00${offset(instant, zone)}`);
}

/** Whether the clock shows an instant's time twice, as it does when it is put back. */
export function isRepeated(instant: number, zone: string): boolean {
  const back = ahead(instant - 6 * hour, zone) - ahead(instant + 6 * hour, zone);
  return back > 0 && ahead(instant - back, zone) !== ahead(instant + back, zone);
}

const offsets = new Map<string, Intl.DateTimeFormat>();
const formats = new Map<string, Intl.DateTimeFormat>();

function parts(instant: number, zone: string): Record<"year" | "month" | "day", string> {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
    formats.set(zone, format);
  }
  const all = { year: "", month: "", day: "" };
  for (const { type, value } of format.formatToParts(instant)) if (type in all) all[type as "year"] = value;
  return all;
}
