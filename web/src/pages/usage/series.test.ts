import { expect, test } from "vitest";
import { errorRate, latencies, rest, type SummaryRow, stack } from "./series";

const row = (day: string, model: string, calls: number) =>
  ({ day, model, calls, latency_p50_ms: calls, latency_p95_ms: calls, latency_p99_ms: calls }) as SummaryRow;
const timeOf = ({ day }: SummaryRow) => day ?? "";
const groupOf = ({ model }: SummaryRow) => model ?? "";
const days = ["2026-11-20", "2026-11-21", "2026-11-22"];

test("series are ordered by their sum, and moments without calls are zero", () => {
  const rows = [row("2026-11-20", "small", 1), row("2026-11-20", "large", 2), row("2026-11-22", "large", 5)];
  const { series, points, hasRest } = stack(rows, days, timeOf, groupOf, "calls");
  expect(series).toEqual(["large", "small"]);
  expect(hasRest).toBe(false);
  expect(points).toEqual([
    { time: "2026-11-20", s0: 2, s1: 1 },
    { time: "2026-11-21", s0: 0, s1: 0 },
    { time: "2026-11-22", s0: 5, s1: 0 },
  ]);
});

test("groups beyond the largest are added up", () => {
  const rows = Array.from({ length: 9 }, (_, index) => row("2026-11-20", `m${index}`, 9 - index));
  const { series, points } = stack(rows, days, timeOf, groupOf, "calls", 6);
  expect(series).toEqual(["m0", "m1", "m2", "m3", "m4", "m5", rest]);
  expect(points[0]?.s6).toBe(3 + 2 + 1);
});

test("one group too many keeps its own name", () => {
  const rows = Array.from({ length: 7 }, (_, index) => row("2026-11-20", `m${index}`, 9 - index));
  expect(stack(rows, days, timeOf, groupOf, "calls", 6).series).toContain("m6");
});

test("groups that used nothing have no series", () => {
  expect(stack([row("2026-11-20", "idle", 0)], days, timeOf, groupOf, "calls").series).toEqual([]);
});

test("a moment without calls leaves a gap in the latencies", () => {
  const points = latencies([row("2026-11-21", "m", 7)], days, timeOf);
  expect(points.map(({ p95 }) => p95)).toEqual([null, 7, null]);
});

test("nothing asked has no error rate", () => {
  expect(errorRate({ errors: 0, requests: 0 })).toBeNull();
  expect(errorRate({ errors: 1, requests: 4 })).toBe(0.25);
});
