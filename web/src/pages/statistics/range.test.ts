import { expect, test } from "vitest";
import { compared, days, instants, presetRange, shifted, usual, whole } from "./range";

test("whole months move by months, other ranges by their days", () => {
  const february = { from: "2024-02-01", to: "2024-02-29" };
  expect(shifted(february, 1)).toEqual({ from: "2024-03-01", to: "2024-03-31" });
  expect(shifted(february, -2)).toEqual({ from: "2023-12-01", to: "2023-12-31" });
  expect(shifted({ from: "2024-02-01", to: "2024-02-07" }, -1)).toEqual({ from: "2024-01-25", to: "2024-01-31" });
  expect(shifted({ from: "2024-01-01", to: "2024-12-31" }, -1)).toEqual({ from: "2023-01-01", to: "2023-12-31" });
});

test("a range is compared with one of the same length or the same months", () => {
  expect(compared({ from: "2024-02-01", to: "2024-02-29" }, "yearBefore")).toEqual({
    from: "2023-02-01",
    to: "2023-02-28",
  });
  expect(compared({ from: "2024-02-29", to: "2024-03-02" }, "yearBefore")).toEqual({
    from: "2023-03-01",
    to: "2023-03-03",
  });
  expect(compared({ from: "2024-03-10", to: "2024-03-10" }, "before")).toEqual({
    from: "2024-03-09",
    to: "2024-03-09",
  });
});

test("presets", () => {
  expect(presetRange("lastMonth", "2024-03-31")).toEqual({ from: "2024-02-01", to: "2024-02-29" });
  expect(presetRange("lastYear", "2024-03-31")).toEqual({ from: "2023-01-01", to: "2023-12-31" });
  expect(presetRange("week", "2024-03-03")).toEqual({ from: "2024-02-26", to: "2024-03-03" });
  expect(usual("year", "2024-03-31")).toEqual({ from: "2020-01-01", to: "2024-03-31" });
  expect(days({ from: "2024-02-01", to: "2024-03-01" })).toBe(30);
});

test("a day of 25 hours is asked for whole", () => {
  const { from, to } = instants({ from: "2024-10-27", to: "2024-10-27" }, "Europe/Berlin");
  expect((to - from) / 3_600_000).toBe(25);
});

test("months and years are shown whole", () => {
  const range = { from: "2024-01-15", to: "2024-02-03" };
  expect(whole(range, "day")).toEqual(range);
  expect(whole(range, "month")).toEqual({ from: "2024-01-01", to: "2024-02-29" });
  expect(whole(range, "year")).toEqual({ from: "2024-01-01", to: "2024-12-31" });
});
