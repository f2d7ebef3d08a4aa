import { describe, expect, it } from "vitest";
import { lineOf, locator } from "./locate";

const text = `{
  "stationId": "one",
  "name": "a \\"quoted\\" {name}",
  "devices": [
    { "deviceId": "d1", "points": [] },
    {
      "deviceId": "d2",
      "points": [
        { "key": "p", "unit": "kW" }, { "key": "q", "unit": "V" }
      ]
    }
  ]
}`;

const locate = (of: string, location: string) => locator(of)(location);

const at = (location: string, of = text) => {
  const { from, to } = locate(of, location);
  return of.slice(from, to);
};

describe("locator", () => {
  it("finds a value by its path", () => {
    expect(at("stationId")).toBe('"one"');
    expect(at("devices[1].points[1].unit")).toBe('"V"');
    expect(lineOf(text, locate(text, "devices[1].points[1].unit").from)).toBe(9);
  });

  it("finds the key of an object or array, and its first character where it has none", () => {
    expect(at("devices")).toBe('"devices"');
    expect(at("devices[1].points")).toBe('"points"');
    expect(lineOf(text, locate(text, "devices[1]").from)).toBe(6);
  });

  it("finds what is around a field that is missing", () => {
    expect(lineOf(text, locate(text, "devices[1].thingsboard.deviceName").from)).toBe(6);
    expect(at("timezone")).toBe("{");
    expect(at("document")).toBe("{");
  });

  it("finds a line", () => {
    expect(at("line 2")).toBe('  "stationId": "one",');
    expect(at("line 99")).toBe("}");
  });

  it("finds what stands before the place where a document breaks off", () => {
    expect(at("b.c", '{"a": 1, "b": {"c": tru')).toBe("tru");
    expect(at("a", '{"a": 1 "b": "')).toBe("1");
    expect(at("a", "")).toBe("");
  });

  it("takes the first of a field that is given twice, and any depth", () => {
    expect(at("a", '{"a": 1, "a": 2}')).toBe("1");
    expect(() => locate("[".repeat(5_000), "x")).not.toThrow();
  });
});
