import { describe, expect, it } from "vitest";
import { timeTicks } from "./ticks";

const at = (text: string) => Date.parse(text);
const written = (ticks: number[]) => ticks.map((t) => new Date(t).toISOString().slice(0, 16));

describe("timeTicks", () => {
  it("names round local hours", () => {
    const { ticks, style } = timeTicks(at("2026-11-24T16:00Z"), at("2026-11-25T16:00Z"), "Asia/Shanghai", 5);
    expect(style).toBe("time");
    expect(written(ticks)).toEqual([
      "2026-11-24T16:00",
      "2026-11-24T22:00",
      "2026-11-25T04:00",
      "2026-11-25T10:00",
      "2026-11-25T16:00",
    ]);
  });

  it("begins anew at the midnight after a day of 25 hours", () => {
    const { ticks } = timeTicks(at("2026-10-24T22:00Z"), at("2026-10-26T23:00Z"), "Europe/Berlin", 9);
    expect(written(ticks)).toContain("2026-10-25T23:00");
    expect(written(ticks)).toContain("2026-10-26T23:00");
  });

  it.each([
    [
      "2026-10-24T22:00Z",
      "2026-10-25T23:00Z",
      ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"],
    ],
    [
      "2026-03-28T23:00Z",
      "2026-03-29T22:00Z",
      ["00:00", "03:00", "06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "00:00"],
    ],
    ["2026-03-28T23:00Z", "2026-03-29T04:00Z", ["00:00", "01:00", "03:00", "04:00", "05:00", "06:00"]],
    ["2026-10-24T23:00Z", "2026-10-25T05:00Z", ["01:00", "02:00", "02:00", "03:00", "04:00", "05:00", "06:00"]],
  ])("keeps names round while the clock changes: %s to %s", (from, to, names) => {
    const clock = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Berlin", timeStyle: "short" });
    expect(timeTicks(at(from), at(to), "Europe/Berlin", 9).ticks.map((t) => clock.format(t))).toEqual(names);
  });

  it("leaves out a name that the clock skips", () => {
    const { ticks } = timeTicks(at("2026-03-28T23:00Z"), at("2026-03-29T07:00Z"), "Europe/Berlin", 5);
    expect(written(ticks).map((t) => t.slice(11))).toEqual(["23:00", "02:00", "04:00", "06:00"]);
  });

  it("names the same days of each month", () => {
    const { ticks, style } = timeTicks(at("2026-01-01T00:00Z"), at("2026-03-01T00:00Z"), "UTC", 8);
    expect(style).toBe("day");
    expect(written(ticks).map((t) => t.slice(5, 10))).toEqual([
      "01-01",
      "01-11",
      "01-21",
      "02-01",
      "02-11",
      "02-21",
      "03-01",
    ]);
  });

  it("names months and years from their first", () => {
    const year = timeTicks(at("2026-01-15T00:00Z"), at("2027-01-15T00:00Z"), "UTC", 8);
    expect(year.style).toBe("month");
    expect(written(year.ticks)[0]).toBe("2026-03-01T00:00");
    const decades = timeTicks(at("2001-05-01T00:00Z"), at("2026-05-01T00:00Z"), "UTC", 8);
    expect(decades.style).toBe("year");
    for (const t of written(decades.ticks)) expect(t).toMatch(/-01-01T00:00$/);
  });

  it.each([1, 2, 7, 31, 62, 90, 365, 3650])("gives a bearable number for %d days", (n) => {
    const from = at("2026-02-03T07:10Z");
    const { ticks } = timeTicks(from, from + n * 86_400_000, "Europe/Berlin", 8);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.length).toBeLessThanOrEqual(11);
    expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
  });
});
