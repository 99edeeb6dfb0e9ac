/** What the page shows, as it stands in the address; without React, so that it can be tested. */

export const ranges = ["24h", "7d", "30d", "90d", "custom"] as const;
export type Range = (typeof ranges)[number];

/** What a report can be narrowed by: the word in the address, and the parameter of the API. */
export const filterParameters = {
  model: "model",
  provider: "provider",
  key: "key_id",
  user: "user_id",
  team: "team_id",
  tag: "tag",
  status: "status",
} as const;

export type Filter = keyof typeof filterParameters;

export const filters = Object.keys(filterParameters) as Filter[];

/** What the table and the chart can be divided by; each is a `group_by` of the API. */
export const dimensions = ["model", "key", "user", "team", "provider", "tag", "endpoint", "status"] as const;
export type Dimension = (typeof dimensions)[number];

export type Step = "hour" | "day";

export interface Period {
  range: Range;
  /** Dates (UTC) such as `2026-11-22`, for a range of one's own. */
  from: string;
  to: string;
}

const hour = 3_600_000;
const day = 24 * hour;

/** Calendar days that the fixed ranges cover, today included. */
const days: Record<Exclude<Range, "24h" | "custom">, number> = { "7d": 7, "30d": 30, "90d": 90 };

/** Two days fit into hours; more would be bars too thin to read. */
export function stepOf(period: Period): Step {
  if (period.range === "24h") return "hour";
  if (period.range !== "custom") return "day";
  const length = Date.parse(period.to) - Date.parse(period.from);
  return length <= day ? "hour" : "day";
}

/** First moment of the period, and of the one after its end. Days are those of UTC, as the API counts. */
export function boundsOf(period: Period, now: number): { from: number; to: number } {
  if (period.range === "custom") {
    const [from, to] = [Date.parse(period.from), Date.parse(period.to)];
    if (!Number.isNaN(from) && !Number.isNaN(to))
      return { from: Math.min(from, to), to: Math.max(from, to) + day };
    return boundsOf({ ...period, range: "30d" }, now);
  }
  if (period.range === "24h") return { from: floor(now, hour) - 23 * hour, to: floor(now, hour) + hour };
  return { from: floor(now, day) - (days[period.range] - 1) * day, to: floor(now, day) + day };
}

function floor(time: number, size: number): number {
  return Math.floor(time / size) * size;
}

/** The moments at which the chart has a value, as the API names them. */
export function bucketsOf(period: Period, now: number): string[] {
  const { from, to } = boundsOf(period, now);
  const step = stepOf(period);
  const size = step === "hour" ? hour : day;
  const count = Math.max(1, Math.round((to - from) / size));
  return Array.from({ length: count }, (_, index) => {
    const time = new Date(from + index * size).toISOString();
    return step === "hour" ? `${time.slice(0, 19)}Z` : time.slice(0, 10);
  });
}

export type Filters = Partial<Record<Filter, string>>;

/** Parameters of the API for a period and filters. */
export function queryOf(period: Period, chosen: Filters, now: number): Record<string, string> {
  const { from, to } = boundsOf(period, now);
  const query: Record<string, string> = {
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
  };
  for (const filter of filters) {
    const value = chosen[filter];
    if (value) query[filterParameters[filter]] = value;
  }
  return query;
}
