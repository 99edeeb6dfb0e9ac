import { useKeyNames, useMemberNames, useTeamNames } from "../../api/names";
import { money, number } from "../../i18n/format";
import type { Budget, Limit, Rule, Scope } from "./rule";
import { useRules } from "./texts";

/** Limits and budgets in a few words, such as `$5.50 / month`. */
export function useRuleWords() {
  const t = useRules();
  const of = (text: string, model: string | null | undefined) => (model ? `${text} · ${model}` : text);
  const limit = ({ metric, window, max, model }: Pick<Limit, "metric" | "window" | "max" | "model">) => {
    const isTimed = window === "minute" || window === "hour" || window === "day";
    const values = { max: number(max), window: isTimed ? t(`limit.window.${window}`) : "" };
    return of(t(`limit.${metric}`, values), model);
  };
  const budget = ({ unit, period, max, model }: Pick<Budget, "unit" | "period" | "max" | "model">) => {
    const words = { period: t(`period.${period}`) };
    const text =
      unit === "tokens"
        ? t("budget.tokens", { ...words, max: number(max) })
        : t("budget.money", { ...words, max: money(max) });
    return of(text, model);
  };
  const rule = (one: Rule) => (one.kind === "limit" ? limit(one.rule) : budget(one.rule));
  return { limit, budget, rule };
}

/** Whose use a rule counts, by name. */
export function useScopeName(): (scope: Scope, id: string) => string {
  const t = useRules();
  const names = { key: useKeyNames(), user: useMemberNames(), team: useTeamNames() };
  return (scope, id) => {
    if (scope === "organization") return t("scope.organization");
    return `${t(`scope.${scope}`)}: ${names[scope]?.get(id) ?? t("gone")}`;
  };
}
