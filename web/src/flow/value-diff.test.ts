import fc from "fast-check";
import { expect, test } from "vitest";
import type { Json } from "./graph";
import { differences } from "./value-diff";

test("differences name their places, in objects and in lists", () => {
  expect(differences({ a: 1, b: { c: "x" } }, { a: 1, b: { c: "y" } })).toEqual([
    { path: "b.c", from: "x", to: "y" },
  ]);
  expect(differences({ rows: [1, 2] }, { rows: [1, 3, 4] })).toEqual([
    { path: "rows[1]", from: 2, to: 3 },
    { path: "rows[2]", from: undefined, to: 4 },
  ]);
  expect(differences({ a: null }, {})).toEqual([{ path: "a", from: null, to: undefined }]);
  expect(differences([1], { 0: 1 })).toHaveLength(1);
});

test("a value does not differ from itself, and others do", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      expect(differences(a as Json, structuredClone(a) as Json)).toEqual([]);
      const isSame = JSON.stringify(a) === JSON.stringify(b);
      if (isSame) expect(differences(a as Json, b as Json)).toEqual([]);
    }),
  );
});

test("no more is listed than can be read", () => {
  const long = Array.from({ length: 500 }, (_, index) => index);
  expect(differences(long, [])).toHaveLength(100);
});
