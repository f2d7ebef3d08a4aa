import { expect, test } from "vitest";
import { inLines } from "./picture";

test("a legend goes on in the next line where it has no room", () => {
  expect(inLines([50, 40, 20, 100, 5], 100)).toEqual({
    places: [
      { x: 0, line: 0 },
      { x: 50, line: 0 },
      { x: 0, line: 1 },
      { x: 0, line: 2 },
      { x: 0, line: 3 },
    ],
    lines: 4,
  });
});
