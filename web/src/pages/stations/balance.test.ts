import { describe, expect, it } from "vitest";
import type { Kind, Power } from "../../api/power";
import { balanceOf } from "./balance";

const kw = (value: string | null, derived = false): Power => ({ kw: value, ts: null, derived });
const site = (parts: Partial<Record<Kind, string>>) =>
  balanceOf(Object.fromEntries(Object.entries(parts).map(([kind, value]) => [kind, kw(value)])));

describe("balanceOf", () => {
  it("is right where what comes in goes out", () => {
    const b = site({ grid: "-3.2", pv: "12.5", battery: "-4.1", evse: "1.2", load: "4.05" });
    expect(b.difference).toBe("-0.05");
    expect(b.off).toBe(false);
    expect(b.terms.map((t) => t.kind)).toEqual(["grid", "pv", "battery", "evse"]);
  });

  it("finds the sign that is wrong", () => {
    expect(site({ grid: "3.2", pv: "12.5", battery: "-4.1", load: "5.2" })).toMatchObject({
      off: true,
      suspect: { kind: "grid", what: "sign" },
    });
    expect(site({ grid: "3.0", pv: "6.0", battery: "2.0", load: "7.0" }).suspect).toEqual({
      kind: "battery",
      what: "sign",
    });
  });

  it("finds the unit that is wrong", () => {
    expect(site({ grid: "2.0", pv: "6500", load: "8.5" }).suspect).toEqual({ kind: "pv", what: "unit" });
  });

  it("names none where several would do", () => {
    const b = site({ grid: "5", pv: "5", load: "0" });
    expect(b.off).toBe(true);
    expect(b.suspect).toBeUndefined();
  });

  it("says nothing of a load that follows from the others, or of what isn't known", () => {
    expect(balanceOf({ grid: kw("1"), load: kw("1", true) }).difference).toBeNull();
    expect(balanceOf({ grid: kw("1"), pv: kw(null), load: kw("1") }).difference).toBeNull();
    expect(balanceOf({}).terms).toEqual([]);
  });
});
