import { useQueries, useQuery } from "@tanstack/react-query";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { useModels } from "../../api/models";
import { useMay } from "../../session/me";
import { type CatalogueModel, type ModelRow, modelRows } from "./model";

export type Provider = components["schemas"]["ProviderSummary"];
export type Credential = components["schemas"]["Credential"];
export type Probe = components["schemas"]["Probe"];
export type Figures = components["schemas"]["Figures"];

export function useProviders() {
  return useQuery({
    queryKey: ["providers"],
    queryFn: async () => (await body(api.GET("/api/v1/providers"))).data,
  });
}

export function useProviderModels(id: string, enabled = true) {
  return useQuery({ ...providerModels(id), enabled });
}

function providerModels(id: string) {
  return {
    queryKey: ["providers", id, "models"],
    staleTime: 300_000,
    queryFn: async (): Promise<CatalogueModel[]> => {
      const params = { path: { id } };
      return (await body(api.GET("/api/v1/providers/{id}/models", { params }))).data;
    },
  };
}

/** Every model that can be called, with the prices that the providers' lists add. */
export function useModelRows() {
  const may = useMay();
  const models = useModels();
  const providers = useProviders();
  const usable = may("models:read") ? (providers.data?.filter(({ usable }) => usable) ?? []) : [];
  const lists = useQueries({ queries: usable.map(({ id }) => providerModels(id)) });
  const known = lists.flatMap(({ data }) => data ?? []);
  const rows: ModelRow[] | undefined = models.data && modelRows(models.data, known);
  return { rows, error: models.error, onRetry: () => void models.refetch() };
}

export function useCredentialList() {
  const may = useMay();
  return useQuery({
    queryKey: ["credentials", "all"],
    enabled: may("credentials:read"),
    queryFn: async () => {
      const params = { query: { limit: 500 } };
      return (await body(api.GET("/api/v1/credentials", { params }))).data;
    },
  });
}

/** How each provider did in the last 24 hours, by its id. */
export function useHealth() {
  const may = useMay();
  return useQuery({
    queryKey: ["usage", "health"],
    enabled: may("usage:read"),
    refetchInterval: 30_000,
    queryFn: async () => {
      const from = new Date(Date.now() - 86_400_000).toISOString();
      const query = { group_by: "provider", from };
      const { data } = await body(api.GET("/api/v1/usage", { params: { query } }));
      return new Map<string, Figures>(data.map((row) => [row.provider ?? "", row]));
    },
  });
}
