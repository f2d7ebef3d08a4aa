import { describe, expect, it } from "vitest";
import { around0, plotData } from "./draw";
import type { Series } from "./types";

const series = (key: string, draw: Series["draw"], values: (number | null)[]): Series => {
  return { key, label: key, unit: "kWh", color: "--pv", draw, values, text: () => key };
};

describe("plotData", () => {
  it("holds a step until the next time, and to the end of the last window", () => {
    const steps = series("a", "steps", [1, null, null, 2]);
    expect(plotData({ times: [0, 1000, 2000, 3000], end: 4000, series: [steps] })).toEqual([
      [0, 1, 2, 3, 4],
      [1, 1, null, 2, 2],
    ]);
  });

  it("draws a line to the end of a window that none follows", () => {
    const line = series("a", "line", [1, null, null, 2]);
    expect(plotData({ times: [0, 1000, 2000, 3000], end: 4000, series: [line] })[1]).toEqual([1, 1, null, 2, 2]);
  });

  it("stacks upwards and downwards from 0, the outer edges first", () => {
    const data = plotData({
      times: [0, 1000],
      end: 2000,
      series: [series("pv", "stack", [1, 2]), series("load", "stack", [-3, -0]), series("grid", "stack", [2, -1])],
    });
    // grid, load, pv: each over the one before it in its direction
    expect(data.slice(1)).toEqual([
      [3, -1, -1],
      [-3, 0, 0],
      [1, 2, 2],
    ]);
  });
});

describe("around0", () => {
  it("puts the zeros of both scales at the same height", () => {
    const energy = around0([-30, 10], [0, 1.5]);
    const price = around0([0, 1.5], [-30, 10]);
    const below = ([low, high]: [number, number]) => -low / (high - low);
    expect(below(energy)).toBeCloseTo(below(price));
    expect(energy[0]).toBeLessThan(-30);
    expect(energy[1]).toBeGreaterThan(10);
    expect(price[1]).toBeGreaterThan(1.5);
  });

  it("has nothing below 0 where no value is, nor above", () => {
    expect(around0([0, 5], [0, 0])[0]).toBeCloseTo(0);
    expect(around0([-5, 0], [0, 0])[1]).toBeCloseTo(0);
    expect(around0([0, 0], [0, 0])[1]).toBeGreaterThan(0);
  });
});
