import { describe, expect, it } from "vitest";
import { addDays, dayHours, dayStart, localDate, offset } from "./zone";

describe("local days", () => {
  it.each([
    ["2026-11-25", "Asia/Shanghai", "2026-11-24T16:00:00.000Z"],
    ["2026-03-29", "Europe/Berlin", "2026-03-28T23:00:00.000Z"],
    ["2026-07-01", "Pacific/Kiritimati", "2026-06-30T10:00:00.000Z"],
    ["2026-07-01", "Pacific/Pago_Pago", "2026-07-01T11:00:00.000Z"],
    // The clock goes from 23:59:59 to 01:00 here: the day begins at 01:00.
    ["2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00.000Z"],
  ])("%s in %s begins at %s", (date, zone, start) => {
    expect(new Date(dayStart(date, zone)).toISOString()).toBe(start);
    expect(localDate(dayStart(date, zone), zone)).toBe(date);
    expect(localDate(dayStart(date, zone) - 1, zone)).toBe(addDays(date, -1));
  });

  it.each([
    ["2026-03-29", 23],
    ["2026-10-25", 25],
    ["2026-11-25", 24],
  ])("%s has %d hours in Berlin", (date, hours) => expect(dayHours(date, "Europe/Berlin")).toBe(hours));

  it.each([
    ["2026-10-25T00:45:00Z", "Europe/Berlin", "+02:00"],
    ["2026-10-25T01:00:00Z", "Europe/Berlin", "+01:00"],
    ["2026-11-25T00:00:00Z", "America/St_Johns", "-03:30"],
    ["2026-11-25T00:00:00Z", "UTC", "+00:00"],
  ])("at %s the clock in %s is ahead by %s", (at, zone, ahead) => expect(offset(Date.parse(at), zone)).toBe(ahead));

  it("adds days over the ends of months", () => expect(addDays("2028-02-28", 2)).toBe("2028-03-01"));
});
