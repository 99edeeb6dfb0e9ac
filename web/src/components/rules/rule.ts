import type { components } from "../../../types/schema";

export type Limit = components["schemas"]["Limit"];
export type Budget = components["schemas"]["Budget"];
export type NewLimit = components["schemas"]["CreateLimit"];
export type NewBudget = components["schemas"]["CreateBudget"];
export type Scope = Budget["scope"];

/** A limit or a budget, told apart. */
export type Rule = { kind: "limit"; rule: Limit } | { kind: "budget"; rule: Budget };

export const scopes = ["organization", "team", "user", "key"] as const satisfies readonly Scope[];
export const metrics = ["requests", "tokens", "concurrency"] as const;
export const windows = ["minute", "hour", "day"] as const;
export const periods = ["day", "week", "month", "total"] as const;
export const units = ["nano_usd", "tokens"] as const;

/** What the form holds; `max` is in dollars where money is counted. */
export interface RuleFields {
  scope: Scope;
  scopeId: string;
  metric: (typeof metrics)[number];
  window: (typeof windows)[number];
  unit: (typeof units)[number];
  period: (typeof periods)[number];
  max: number | string;
  model: string;
}

/** The API counts money in nano-dollars. */
export function maxOf(unit: RuleFields["unit"], max: number | string): number {
  return unit === "nano_usd" ? Math.round(Number(max) * 1e9) : Math.round(Number(max));
}

/** What a form shows for what the API counts. */
export function shownMax(unit: RuleFields["unit"], max: number): number {
  return unit === "nano_usd" ? max / 1e9 : max;
}

const whose = ({ scope, scopeId }: RuleFields) => ({
  scope,
  scope_id: scope === "organization" ? null : scopeId,
});

export function newLimit(fields: RuleFields): NewLimit {
  return {
    ...whose(fields),
    metric: fields.metric,
    window: fields.metric === "concurrency" ? undefined : fields.window,
    max: maxOf("tokens", fields.max),
    model: fields.model.trim() || null,
  };
}

export function newBudget(fields: RuleFields): NewBudget {
  return {
    ...whose(fields),
    unit: fields.unit,
    period: fields.period,
    max: maxOf(fields.unit, fields.max),
    model: fields.model.trim() || null,
  };
}
