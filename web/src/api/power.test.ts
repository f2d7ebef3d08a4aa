import { describe, expect, it } from "vitest";
import type { LatestValue } from "./telemetry";
import { powers, stateOfCharge } from "./power";

const at = (minute: number) => `2026-11-25T10:0${minute}:00Z`;

const value = (semantic: string, mapped: string | null, minute = 0): LatestValue => {
  return {
    deviceId: `${semantic} ${minute}`,
    key: semantic,
    ts: at(minute),
    heardAt: at(minute),
    value: 1,
    semantic,
    unit: "kW",
    mapped,
  };
};

describe("powers", () => {
  it("adds up devices exactly, as old as the oldest of them", () => {
    const { pv } = powers([value("pv.active_power", "1.100000001", 3), value("pv.active_power", "2.2", 1)]);
    expect(pv).toEqual({ kw: "3.300000001", ts: at(1), derived: false });
  });

  it("has only the parts that something is mapped for", () => {
    const parts = powers([
      value("grid.active_power", "1"),
      value("load.active_power", "1"),
      value("pv.inverter_temperature", "40"),
    ]);
    expect(Object.keys(parts).sort()).toEqual(["grid", "load", "pv"]);
    expect(parts.pv?.kw).toBeNull();
  });

  it("balances a load or a grid that nothing measures", () => {
    const house = [
      value("grid.active_power", "-1.5", 2),
      value("pv.active_power", "4"),
      value("evse.active_power", "0.5"),
    ];
    expect(powers(house).load).toEqual({ kw: "2.0", ts: at(0), derived: true });
    const island = [
      value("load.active_power", "5"),
      value("battery.active_power", "-2"),
      value("genset.active_power", "3"),
    ];
    expect(powers(island).grid).toMatchObject({ kw: "4", derived: true });
  });

  it("doesn't know a sum that a part of is unknown", () => {
    const parts = powers([
      value("grid.active_power", "1"),
      value("pv.active_power", null),
      value("pv.active_power", "3", 1),
    ]);
    expect(parts.pv?.kw).toBeNull();
    expect(parts.load?.kw).toBeNull();
  });
});

describe("stateOfCharge", () => {
  it("orders batteries by number", () => {
    expect(
      stateOfCharge([value("battery.soc", "100"), value("battery.soc", "9.5", 1), value("battery.soc", null, 2)]),
    ).toEqual(["9.5", "100"]);
  });
});
