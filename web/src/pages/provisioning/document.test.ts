import { describe, expect, it } from "vitest";
import type { QuarantinedDevice } from "../../api/quarantine";
import type { Mapping, Station } from "../../api/station";
import type { Tariff } from "../../api/tariffs";
import { documentOf, example, withDevice, write } from "./document";

const mapping: Mapping = {
  key: "p",
  semantic: "grid.active_power",
  unit: "W",
  kind: "gauge",
  interpolation: "linear",
  maxGap: "30m",
  scale: "1",
  offset: "0",
  sign: 1,
  step: "0",
};

const station: Station = {
  stationId: "s",
  name: "S",
  timezone: "Asia/Shanghai",
  currency: "CNY",
  ratings: { gridKw: "10" },
  retired: false,
  tariffs: [{ tariffId: "t", validFrom: "2026-01-01" }],
  devices: [
    {
      deviceId: "d",
      kind: "grid_meter",
      thingsboard: { deviceName: "D" },
      points: [mapping, { ...mapping, sign: -1, validFrom: "2026-02-01T00:00:00Z" }],
    },
    {
      deviceId: "gone",
      kind: "sensor",
      thingsboard: { deviceName: "G" },
      points: [],
      removedAt: "2026-03-01T00:00:00Z",
    },
  ],
};

const fixed = (price: string) => ({ import: { kind: "fixed", price } });
const tariff = (...validFrom: string[]): Tariff => ({
  tariffId: "t",
  retired: false,
  stations: ["s"],
  versions: validFrom.map((from, i) => ({ version: i + 1, validFrom: from, ...fixed(`0.${i}`) })),
});

describe("documentOf", () => {
  it("says what holds, without defaults, what was removed, or what ended", () => {
    const ended = { ...mapping, semantic: "grid.voltage", validUntil: "2026-02-01T00:00:00Z" };
    const [device, ...more] = documentOf(
      { ...station, devices: station.devices.map((d) => ({ ...d, points: [...d.points, ended] })) },
      [],
    ).devices;
    expect(more).toEqual([]);
    expect(device?.points).toEqual([
      { key: "p", semantic: "grid.active_power", unit: "W" },
      { key: "p", semantic: "grid.active_power", unit: "W", sign: -1, validFrom: "2026-02-01T00:00:00Z" },
    ]);
  });

  it("names the latest version of the tariff, unless that would assign it from another date", () => {
    expect(documentOf(station, [tariff("2026-01-01", "2026-06-01")]).tariff).toEqual({
      tariffId: "t",
      validFrom: "2026-06-01",
      ...fixed("0.1"),
    });
    expect(documentOf(station, [tariff("2025-01-01")]).tariff).toBeUndefined();
    expect(documentOf({ ...station, tariffs: [] }, []).tariff).toBeUndefined();
  });
});

describe("withDevice", () => {
  const unknown = (deviceName: string, values: object): QuarantinedDevice => {
    const ts = "2026-11-25T00:00:00Z";
    return {
      deviceName,
      deviceId: "",
      reason: "unknown_device",
      messages: 1,
      firstTs: ts,
      lastTs: ts,
      receivedAt: ts,
      values,
    };
  };
  const added = (name: string, values: object) => withDevice(example, unknown(name, values)).devices[0];

  it("guesses what a battery's keys mean", () => {
    expect(added("Battery 2 储能", { soc: 55, power_kw: -3, discharged_kwh: "12.5", state: "on" })).toEqual({
      deviceId: "Battery-2",
      kind: "battery",
      thingsboard: { deviceName: "Battery 2 储能" },
      points: [
        { key: "soc", semantic: "battery.soc", unit: "%" },
        { key: "power_kw", semantic: "battery.active_power", unit: "kW" },
        { key: "discharged_kwh", semantic: "battery.discharge_energy", unit: "kWh" },
      ],
    });
  });

  it("never gives one point by two keys, and keeps what it can't place as a plain gauge", () => {
    const points = added("meter", { p_l1_w: 1, p_l2_w: 2, 温度: 3 })?.points;
    expect(points?.map((p) => p.semantic)).toEqual(["grid.active_power", "grid.p_l2_w", "grid.device"]);
  });

  it("takes an id that is free, and one that the platform takes", () => {
    expect(added("battery", {})?.deviceId).toBe("battery-2");
    expect(added("<b>&</b>", {})?.deviceId).toBe("b-b");
    expect(added("电表", {})?.deviceId).toBe("device");
  });
});

describe("write", () => {
  it("gives the same document, a point in a line", () => {
    const odd = { ...example, name: 'a "b"\n  c', devices: [] };
    expect(JSON.parse(write(odd))).toEqual(odd);
    expect(JSON.parse(write(example))).toEqual(example);
    expect(write(example)).toContain('\n        { "key": "power_w", "semantic": "grid.active_power", "unit": "W" },\n');
  });
});
