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
