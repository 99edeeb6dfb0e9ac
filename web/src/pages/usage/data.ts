import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { useCursorList } from "../../components/cursor-list";
import { useUrlState } from "../../components/url-state";
import { type Dimension, type Filters, filters, type Period, queryOf, type Range, ranges } from "./filter";

/** The period and the filters of the address. */
export function useView() {
  const [range, setRange] = useUrlState("range", "30d");
  const [from, setFrom] = useUrlState("from");
  const [to, setTo] = useUrlState("to");
  const chosen = {
    model: useUrlState("model"),
    provider: useUrlState("provider"),
    key: useUrlState("key"),
    user: useUrlState("user"),
    team: useUrlState("team"),
    tag: useUrlState("tag"),
    status: useUrlState("status"),
  };
  const period: Period = { range: ranges.find((one) => one === range) ?? "30d", from, to };
  const values: Filters = Object.fromEntries(filters.map((filter) => [filter, chosen[filter][0]]));
  return {
    period,
    filters: values,
    setRange: (next: Range) => setRange(next),
    setFrom,
    setTo,
    setFilter: (filter: keyof typeof chosen, value: string) => chosen[filter][1](value),
  };
}

export type View = ReturnType<typeof useView>;

/** A report. While another one is loaded, the one before stays. */
export function useReport(view: Pick<View, "period" | "filters">, groupBy: string) {
  const { period, filters } = view;
  return useQuery({
    queryKey: ["usage", "report", period, filters, groupBy],
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
    queryFn: () => {
      const query = { ...queryOf(period, filters, Date.now()), group_by: groupBy, limit: 10_000 };
      return body(api.GET("/api/v1/usage", { params: { query } }));
    },
  });
}

/** The values that a filter can have: those that were used in the period. */
export function useChoices(period: Period, dimension: Dimension, enabled: boolean) {
  return useQuery({
    queryKey: ["usage", "choices", period, dimension],
    enabled,
    staleTime: 60_000,
    queryFn: async () => {
      const query = { ...queryOf(period, {}, Date.now()), group_by: dimension, limit: 500 };
      const { data } = await body(api.GET("/api/v1/usage", { params: { query } }));
      return data.map((row) => row[dimension]).filter((word): word is string => Boolean(word));
    },
  });
}

/** Single attempts, newest first. */
export function useAttempts({ period, filters }: Pick<View, "period" | "filters">) {
  return useCursorList(["usage", "requests", period, filters], (cursor) => {
    const query = { ...queryOf(period, filters, Date.now()), limit: 100, cursor };
    return body(api.GET("/api/v1/usage/requests", { params: { query } }));
  });
}
