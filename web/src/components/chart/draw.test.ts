import { describe, expect, it } from "vitest";
import { plotData } from "./draw";
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

  it("draws a line from point to point only", () => {
    expect(plotData({ times: [0, 1000], end: 2000, series: [series("a", "line", [1, 2])] })[1]).toEqual([1, 2, null]);
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
