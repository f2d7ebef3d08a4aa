import { describe, expect, it } from "vitest";
import { add, compare, isZero, negate, places, sum } from "./decimal";

describe("decimal", () => {
  it.each([
    ["0.1", "0.2", "0.3"],
    ["9007199254740993", "0.000000001", "9007199254740993.000000001"],
    ["-1.50", "1.5", "0.00"],
    ["-0.05", "0.01", "-0.04"],
    ["12", "-13", "-1"],
  ])("adds %s and %s to %s", (a, b, sum) => expect(add(a, b)).toBe(sum));

  it("negates, compares and tells zero whatever the places", () => {
    expect(negate("3.10")).toBe("-3.10");
    expect(negate("0.00")).toBe("0.00");
    expect(compare("-0.5", "-0.50")).toBe(0);
    expect(compare("10", "9.999")).toBe(1);
    expect(compare("-10", "9.999")).toBe(-1);
    expect(isZero("-0.000")).toBe(true);
    expect(places("0.3910")).toBe(4);
  });

  it("sums up exactly, and not at all where one isn't known", () => {
    expect(sum([])).toBe("0.000000000");
    expect(sum(["0.1", "-0.3", "12", "99999999999.000000001"])).toBe("100000000010.800000001");
    expect(sum(["1", null])).toBeNull();
    expect(sum(Array.from({ length: 35_040 }, () => "0.000000001"))).toBe("0.000035040");
  });

  it("refuses what isn't a decimal", () => expect(() => add("1e3", "1")).toThrow(RangeError));
});
