import { expect, test } from "vitest";
import type { StatisticsWindow } from "../../api/statistics";
import { dayStart } from "../../format/zone";
import { align, matched } from "./windows";

const zone = "Europe/Berlin";

function windows(granularity: string, ...dates: [from: string, to: string][]): StatisticsWindow[] {
  return dates.map(([from, to]) => {
    const [windowStart, windowEnd] = [from, to].map((date) => new Date(dayStart(date, zone)).toISOString());
    return { granularity, windowStart, windowEnd } as StatisticsWindow;
  });
}

test("months are compared month by month, however long they are", () => {
  const these = windows(
    "MONTH",
    ["2028-01-01", "2028-02-01"],
    ["2028-02-01", "2028-03-01"],
    ["2028-03-01", "2028-04-01"],
  );
  const those = windows(
    "MONTH",
    ["2027-10-01", "2027-11-01"],
    ["2027-11-01", "2027-12-01"],
    ["2027-12-01", "2028-01-01"],
  );
  expect(matched(align(these), "2028-01-01", those, "2027-10-01", zone)).toEqual(those);
});

test("days are compared day by day", () => {
  const these = windows("DAY", ["2028-03-02", "2028-03-03"], ["2028-03-03", "2028-03-04"]);
  const those = windows("DAY", ["2028-02-29", "2028-03-01"]);
  expect(matched(align(these), "2028-03-01", those, "2028-02-28", zone)).toEqual([those[0], undefined]);
});

test("hours are compared by the clock, also on days on which it changes", () => {
  const hours = (from: string, count: number): StatisticsWindow[] =>
    Array.from({ length: count }, (_, i) => {
      const at = dayStart(from, zone) + i * 3_600_000;
      return {
        granularity: "HOUR",
        windowStart: new Date(at).toISOString(),
        windowEnd: new Date(at + 3_600_000).toISOString(),
      } as StatisticsWindow;
    });
  const usual = hours("2026-10-24", 24);
  const long = hours("2026-10-25", 25); // 02:00 comes twice
  expect(matched(align(long), "2026-10-25", usual, "2026-10-24", zone)).toEqual([
    ...usual.slice(0, 3),
    ...usual.slice(2),
  ]);
  expect(matched(align(usual), "2026-10-24", long, "2026-10-25", zone)).toEqual([
    ...long.slice(0, 3),
    ...long.slice(4),
  ]);
  const short = hours("2026-03-29", 23); // without 02:00
  const before = hours("2026-03-28", 24);
  expect(matched(align(short), "2026-03-29", before, "2026-03-28", zone)).toEqual([
    ...before.slice(0, 2),
    ...before.slice(3),
  ]);
});
