import { describe, expect, it } from "vitest";
import type { PriceStep } from "../../api/prices";
import { addDays, dayStart } from "../../format/zone";
import { pricesAt, profilesOf, yearOf } from "./year";

const night = { period: "night", price: "-0.05" };
const dayTime = { period: "day", price: "0.30" };

/** 06:00 to 22:00 one price, the rest another; every edge by the zone's own clock. */
function steps(year: number, zone: string): PriceStep[] {
  const all: PriceStep[] = [];
  for (let date = `${year}-01-01`; date < `${year + 1}-01-01`; date = addDays(date, 1)) {
    const next = dayStart(addDays(date, 1), zone);
    // No zone here changes its clock between these and midnight after them.
    const [six, ten] = [next - 18 * 3_600_000, next - 2 * 3_600_000];
    all.push(
      { from: iso(dayStart(date, zone)), to: iso(six), import: night },
      { from: iso(six), to: iso(ten), import: dayTime },
      { from: iso(ten), to: iso(next), import: night },
    );
  }
  return all;
}

const iso = (ms: number) => new Date(ms).toISOString();

describe("yearOf", () => {
  const plain = [
    { from: 0, to: 24, price: night },
    { from: 24, to: 88, price: dayTime },
    { from: 88, to: 96, price: night },
  ];

  it("is one block where every day is the same", () => {
    const year = yearOf(steps(2026, "Asia/Shanghai"), "import", 2026, "Asia/Shanghai");
    expect(year.blocks).toEqual([{ first: 0, days: 365, runs: plain }]);
    expect(year.changes).toEqual([]);
    expect(year.prices).toEqual([
      { ...dayTime, hours: 365 * 16 },
      { ...night, hours: 365 * 8 },
    ]);
  });

  it("leaves out the hour that a clock skips, and has the hour twice that it repeats", () => {
    const year = yearOf(steps(2026, "Europe/Berlin"), "import", 2026, "Europe/Berlin");
    expect(year.changes).toEqual([
      { date: "2026-03-29", hours: 23 },
      { date: "2026-10-25", hours: 25 },
    ]);
    expect(year.blocks.map((b) => b.days)).toEqual([87, 1, 209, 1, 67]);
    expect(year.blocks[1]?.runs).toEqual([
      { from: 0, to: 8, price: night },
      { from: 12, to: 24, price: night },
      { from: 24, to: 88, price: dayTime },
      { from: 88, to: 96, price: night },
    ]);
    const spring = year.dates.indexOf("2026-03-29");
    const autumn = year.dates.indexOf("2026-10-25");
    expect(pricesAt(year, spring, 9)).toEqual([]);
    expect(pricesAt(year, autumn, 9)).toEqual([
      { from: 8, to: 12, price: night, turn: 1 },
      { from: 8, to: 12, price: night, turn: 2 },
    ]);
    expect(year.prices.map((p) => p.hours).reduce((a, b) => a + b)).toBe(8760);
    expect(profilesOf(year).map((p) => [p.days, p.ranges.length])).toEqual([
      [363, 3],
      [1, 1],
      [1, 1],
    ]);
  });

  it("knows where no price holds", () => {
    const half = steps(2024, "Asia/Shanghai").map((s, i) => (i < 3 * 100 ? { from: s.from, to: s.to } : s));
    const year = yearOf(half, "import", 2024, "Asia/Shanghai");
    expect(year.dates).toHaveLength(366);
    expect(year.blocks[0]).toEqual({ first: 0, days: 100, runs: [{ from: 0, to: 96, price: null }] });
    expect(yearOf(half, "export", 2024, "Asia/Shanghai").prices).toEqual([]);
  });
});
