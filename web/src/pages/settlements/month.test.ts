import { expect, test } from "vitest";
import { addMonths, lastDay, weeks } from "./month";

test("a month's weeks begin on Monday and hold its days alone", () => {
  const november = weeks("2026-11"); // the first is a Sunday
  expect(november[0]).toEqual([null, null, null, null, null, null, "2026-11-01"]);
  expect(november.at(-1)).toEqual(["2026-11-30", null, null, null, null, null, null]);
  expect(weeks("2027-02")).toHaveLength(4); // 28 days from a Monday on
  expect(weeks("2024-02").flat().filter(Boolean)).toHaveLength(29);
});

test("months go on over the year's edge", () => {
  expect(addMonths("2026-12", 1)).toBe("2027-01");
  expect(addMonths("2026-01", -1)).toBe("2025-12");
  expect(lastDay("2024-02")).toBe("2024-02-29");
});
