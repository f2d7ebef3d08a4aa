import { describe, expect, it } from "vitest";
import { localDay, oneOf, rootSearch, text } from "./search";

describe("localDay", () => {
  it.each(["2025-02-28", "2024-02-29", "1970-01-01", "2199-12-31"])("reads %s", (day) => {
    expect(localDay("day", day)).toEqual({ day });
  });

  it.each([
    "2025-02-29",
    "2025-02-31",
    "2025-13-01",
    "1969-12-31",
    "2200-01-01",
    "9999-12-31",
    "2025-2-3",
    "2025",
    2025,
  ])("takes %s away", (day) => {
    expect(localDay("day", day)).toStrictEqual({ day: undefined });
  });
});

describe("an address", () => {
  it("loses what isn't understood, and gains nothing that it doesn't say", () => {
    expect(oneOf("granularity", "zzz", ["hour", "day"])).toStrictEqual({ granularity: undefined });
    expect(rootSearch({ lang: "xx", theme: "dark" })).toStrictEqual({ lang: undefined, theme: "dark" });
    expect(rootSearch({})).toStrictEqual({});
  });

  it("may name a station by digits", () => {
    expect(text("station", 42)).toEqual({ station: "42" });
    expect(text("station", "")).toStrictEqual({ station: undefined });
  });
});
