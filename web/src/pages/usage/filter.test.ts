import { describe, expect, test } from "vitest";
import { boundsOf, bucketsOf, queryOf, stepOf } from "./filter";

const now = Date.parse("2026-11-22T19:20:00Z");
const fixed = (range: "24h" | "7d" | "30d" | "90d") => ({ range, from: "", to: "" });
const custom = (from: string, to: string) => ({ range: "custom" as const, from, to });

describe("a period", () => {
  test("of a day has 24 hours and ends with the present one", () => {
    const buckets = bucketsOf(fixed("24h"), now);
    expect(buckets).toHaveLength(24);
    expect(buckets[0]).toBe("2026-11-21T20:00:00Z");
    expect(buckets.at(-1)).toBe("2026-11-22T19:00:00Z");
  });

  test("of days counts calendar days, today included", () => {
    const buckets = bucketsOf(fixed("7d"), now);
    expect(buckets).toHaveLength(7);
    expect(buckets[0]).toBe("2026-11-16");
    expect(buckets.at(-1)).toBe("2026-11-22");
  });

  test("of one's own holds both dates, in whichever order they were typed", () => {
    const { from, to } = boundsOf(custom("2026-11-20", "2026-11-18"), now);
    expect(new Date(from).toISOString()).toBe("2026-11-18T00:00:00.000Z");
    expect(new Date(to).toISOString()).toBe("2026-11-21T00:00:00.000Z");
  });

  test("with a date that is none falls back to 30 days", () => {
    expect(bucketsOf(custom("", "2026-11-18"), now)).toHaveLength(30);
  });

  test("is divided into hours while there are few of them", () => {
    expect(stepOf(custom("2026-11-20", "2026-11-21"))).toBe("hour");
    expect(stepOf(custom("2026-11-20", "2026-11-23"))).toBe("day");
    expect(stepOf(fixed("7d"))).toBe("day");
  });
});

test("filters become parameters of the API, and empty ones are left out", () => {
  const query = queryOf(fixed("7d"), { key: "k1", model: "", tag: "shop" }, now);
  expect(query).toEqual({
    from: "2026-11-16T00:00:00.000Z",
    to: "2026-11-23T00:00:00.000Z",
    key_id: "k1",
    tag: "shop",
  });
});
