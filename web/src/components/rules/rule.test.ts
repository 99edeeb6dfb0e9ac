import { expect, test } from "vitest";
import { newBudget, newLimit, type RuleFields, shownMax } from "./rule";

const fields: RuleFields = {
  scope: "team",
  scopeId: "t1",
  metric: "requests",
  window: "hour",
  unit: "nano_usd",
  period: "month",
  max: "2.5",
  model: " openai/* ",
};

test("money goes to the API in nano-dollars and comes back in dollars", () => {
  expect(newBudget(fields)).toEqual({
    scope: "team",
    scope_id: "t1",
    unit: "nano_usd",
    period: "month",
    max: 2_500_000_000,
    model: "openai/*",
  });
  expect(shownMax("nano_usd", 2_500_000_000)).toBe(2.5);
  expect(newBudget({ ...fields, unit: "tokens", max: 40 }).max).toBe(40);
});

test("what holds for the organization names no id, and concurrency has no window", () => {
  const limit = newLimit({ ...fields, scope: "organization", metric: "concurrency", max: 3, model: "" });
  expect(limit).toEqual({
    scope: "organization",
    scope_id: null,
    metric: "concurrency",
    max: 3,
    model: null,
  });
});
