import { useQuery } from "@tanstack/react-query";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { useCursorList } from "../../components/cursor-list";

export function useKeyList() {
  return useCursorList(["keys"], (cursor) =>
    body(api.GET("/api/v1/keys", { params: { query: { limit: 100, cursor } } })),
  );
}

export type Figures = components["schemas"]["Figures"];

/** What each key used in the last 30 days, by its id. */
export function useKeyUsage(enabled: boolean) {
  return useQuery({
    queryKey: ["usage", "by-key"],
    enabled,
    queryFn: async () => {
      const query = { group_by: "key" };
      const { data } = await body(api.GET("/api/v1/usage", { params: { query } }));
      return new Map<string, Figures>(data.map((row) => [row.key ?? "", row]));
    },
  });
}

/** Limits and budgets set on one key. */
export function useKeyRules(keyId: string) {
  return useQuery({
    queryKey: ["rules", keyId],
    queryFn: async () => {
      const params = { query: { limit: 500 } };
      const [limits, budgets] = await Promise.all([
        body(api.GET("/api/v1/limits", { params })),
        body(api.GET("/api/v1/budgets", { params })),
      ]);
      return {
        limits: limits.data.filter((one) => one.scope_id === keyId),
        budgets: budgets.data.filter((one) => one.scope_id === keyId),
      };
    },
  });
}
