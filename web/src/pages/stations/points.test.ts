import { describe, expect, it } from "vitest";
import type { Device, Mapping } from "../../api/station";
import type { LatestValue } from "../../api/telemetry";
import { pointsOf, unmapped } from "./points";

const now = Date.parse("2026-11-25T12:00:00Z");

function mapping(change: Partial<Mapping>): Mapping {
  return {
    key: "p",
    semantic: "pv.active_power",
    unit: "W",
    kind: "gauge",
    interpolation: "linear",
    maxGap: "30m",
    scale: "1",
    offset: "0",
    sign: 1,
    step: "0",
    ...change,
  };
}

const device = (...points: Mapping[]): Device => ({
  deviceId: "d",
  kind: "pv_inverter",
  thingsboard: { deviceName: "d" },
  points,
});

function live(change: Partial<LatestValue>): LatestValue {
  const ts = "2026-11-25T11:59:00Z";
  const value = { deviceId: "d", key: "p", ts, heardAt: ts, value: 1 };
  return { ...value, semantic: "pv.active_power", unit: "kW", mapped: "1.000000000", ...change };
}

describe("pointsOf", () => {
  it("finds the mapping that holds now, with those before and after it", () => {
    const [old, current, later] = [
      mapping({ sign: -1 }),
      mapping({ validFrom: "2026-01-01T00:00:00Z" }),
      mapping({ validFrom: "2027-01-01T00:00:00Z" }),
    ];
    const [point] = pointsOf(device(old, current, later), {}, [], now);
    expect(point).toMatchObject({ holds: true, doubt: "unheard" });
    expect(point?.mapping).toBe(current);
    expect(point?.others).toEqual([old, later]);
  });

  it("says of a point that was unmapped that it doesn't hold", () => {
    const [point] = pointsOf(device(mapping({ validUntil: "2026-11-01T00:00:00Z" })), {}, [live({})], now);
    expect(point).toMatchObject({ holds: false, doubt: undefined });
  });

  it.each([
    [{}, {}, undefined],
    [{ mapped: "-0.010000000" }, {}, "negative"],
    [{ mapped: "4500.000000000" }, { pvKw: "30" }, "aboveRating"],
    [{ mapped: "44.000000000" }, { pvKw: "30" }, undefined],
    [{ mapped: null, reason: "no_number" as const }, {}, "noNumber"],
    [{ mapped: null, reason: "out_of_range" as const }, {}, "outOfRange"],
    [{ ts: "2026-11-25T11:00:00Z" }, {}, "old"],
  ])("doubts %o of a station rated %o: %s", (change, ratings, doubt) => {
    expect(pointsOf(device(mapping({})), ratings, [live(change)], now)[0]?.doubt).toBe(doubt);
  });

  it("lists keys that mean nothing", () => {
    const values = [live({}), live({ key: "note", semantic: null, mapped: null })];
    expect(unmapped(device(mapping({})), values).map((v) => v.key)).toEqual(["note"]);
  });
});
