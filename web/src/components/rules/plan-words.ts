import type { components } from "../../../types/schema";
import { useRuleWords } from "./words";

export type Plan = components["schemas"]["Plan"];

/** What a plan allows, each in a few words. */
export function usePlanRules(): (plan: Plan) => string[] {
  const words = useRuleWords();
  return (plan) => [
    ...plan.limits.map((one) => words.limit(one)),
    ...plan.budgets.map((one) => words.budget(one)),
  ];
}
