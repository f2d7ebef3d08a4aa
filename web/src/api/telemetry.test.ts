import { describe, expect, it } from "vitest";
import { apply, type LatestValue } from "./telemetry";

const value = (ts: string, mapped: string): LatestValue => {
  return {
    deviceId: "meter",
    key: "power_w",
    ts,
    heardAt: ts,
    value: mapped,
    semantic: "grid.active_power",
    unit: "kW",
    mapped,
  };
};

const message = (ts: string, kw: string | null) => ({
  stationId: "s",
  deviceId: "meter",
  ts,
  receivedAt: ts,
  values: { power_w: 1, note: "on" },
  points: [
    {
      key: "power_w",
      semantic: "grid.active_power",
      unit: "kW",
      value: kw,
      ...(kw === null && { reason: "no_number" as const }),
    },
  ],
});

describe("apply", () => {
  const before = [value("2026-11-25T10:00:00Z", "2.000000000")];

  it("puts newer values in place, and keeps keys that nothing is mapped to", () => {
    const after = apply(before, [message("2026-11-25T10:00:05Z", "3.500000000")]);
    expect(after.find((v) => v.key === "power_w")).toMatchObject({
      mapped: "3.500000000",
      heardAt: "2026-11-25T10:00:05Z",
    });
    expect(after.find((v) => v.key === "note")).toMatchObject({ value: "on", semantic: null, mapped: null });
  });

  it("leaves a newer value when an older message comes late", () => {
    const [first] = apply(before, [message("2026-11-25T09:00:00Z", "9.000000000")]);
    expect(first?.mapped).toBe("2.000000000");
  });

  it("says why a value counts for nothing", () => {
    const [first] = apply(before, [message("2026-11-25T10:00:05Z", null)]);
    expect(first).toMatchObject({ mapped: null, reason: "no_number" });
  });
});
