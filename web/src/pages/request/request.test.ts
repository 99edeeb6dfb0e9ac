import { expect, test } from "vitest";
import { elapsed } from "./elapsed";
import { indented } from "./json";

test("a call lasts from its first attempt to the end of its last one, with the waiting between", () => {
  const attempts = [
    { created_at: "2026-11-22T19:00:00.000Z", latency_us: 2_000 },
    { created_at: "2026-11-22T19:00:01.500Z", latency_us: 3_000 },
  ];
  expect(elapsed(attempts)).toBe(1_503_000);
  expect(elapsed([])).toBe(0);
});

test("JSON is indented, and events of a stream stay as they are", () => {
  expect(indented('{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(indented("data: {}\n\n")).toBe("data: {}\n\n");
});
