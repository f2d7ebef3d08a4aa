import { expect, it } from "vitest";
import { isolated } from ".";

it("isolates names that run from right to left, and leaves all else", () => {
  expect(isolated({ a: "محطة", b: "Werk 3 临港", c: 7, d: "x\u202ey" })).toEqual({
    a: "\u2068محطة\u2069",
    b: "Werk 3 临港",
    c: 7,
    d: "\u2068x\u202ey\u2069",
  });
});
