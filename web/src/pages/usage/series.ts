import type { components } from "../../../types/schema";

export type SummaryRow = components["schemas"]["SummaryRow"];
export type Figures = components["schemas"]["Figures"];

export const metrics = ["cost", "calls", "tokens", "errors", "latency"] as const;
export type Metric = (typeof metrics)[number];

/** What can be added up, and so be stacked in a chart. */
export type Sum = Exclude<Metric, "latency">;

export function amountOf(figures: Figures, metric: Sum): number {
  switch (metric) {
    case "cost":
      return figures.cost_nano_usd / 1e9;
    case "calls":
      return figures.calls;
    case "tokens":
      return figures.input_tokens + figures.output_tokens;
    case "errors":
      return figures.errors;
  }
}

/** Share of attempts that failed; `null` where there were none. */
export function errorRate({ errors, requests }: Pick<Figures, "errors" | "requests">): number | null {
  return requests === 0 ? null : errors / requests;
}

export interface Point {
  time: string;
  [series: string]: string | number | null;
}

export interface Chart {
  /** Keys of the series, the largest first. */
  series: string[];
  /** Whether the last series is all that had no place of its own. */
  hasRest: boolean;
  points: Point[];
}

/** The key of the series that holds what is not among the largest. */
export const rest = "\u0000rest";

/** Words of groups can hold dots, which a chart would take for paths. */
export const seriesKey = (index: number) => `s${index}`;

/**
 * Rows by time and group as stacked series: the `most` largest groups, the others added up. Moments
 * without a row are zero.
 */
export function stack(
  rows: SummaryRow[],
  buckets: string[],
  timeOf: (row: SummaryRow) => string,
  groupOf: (row: SummaryRow) => string,
  metric: Sum,
  most = 6,
): Chart {
  const totals = new Map<string, number>();
  for (const row of rows) {
    const value = amountOf(row, metric);
    if (value > 0) totals.set(groupOf(row), (totals.get(groupOf(row)) ?? 0) + value);
  }
  const ordered = [...totals].sort(([, a], [, b]) => b - a).map(([group]) => group);
  // One group more than fits would be alone in the rest: it gets its own name then.
  const hasRest = ordered.length > most + 1;
  const series = hasRest ? [...ordered.slice(0, most), rest] : ordered;
  const place = new Map(series.map((group, index) => [group, seriesKey(index)]));
  const empty = Object.fromEntries(series.map((_, index) => [seriesKey(index), 0]));
  const points = new Map<string, Point>(buckets.map((time) => [time, { ...empty, time }]));
  for (const row of rows) {
    const point = points.get(timeOf(row));
    const key = place.get(groupOf(row)) ?? (hasRest ? place.get(rest) : undefined);
    if (point && key) point[key] = Number(point[key]) + amountOf(row, metric);
  }
  return { series, hasRest, points: [...points.values()] };
}

export const percentiles = ["p50", "p95", "p99"] as const;

/** Latencies in milliseconds; moments without calls have none, and leave a gap in the line. */
export function latencies(
  rows: SummaryRow[],
  buckets: string[],
  timeOf: (row: SummaryRow) => string,
): Point[] {
  const byTime = new Map(rows.map((row) => [timeOf(row), row]));
  return buckets.map((time) => {
    const row = byTime.get(time);
    return {
      time,
      p50: row?.latency_p50_ms ?? null,
      p95: row?.latency_p95_ms ?? null,
      p99: row?.latency_p99_ms ?? null,
    };
  });
}
