import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, body } from "./client";

/** A model as `/v1/models` lists it. */
export interface Model {
  id: string;
  owned_by: string;
  mode?: string;
  context_window?: number;
  max_output_tokens?: number;
  input_modalities?: string[];
  capabilities?: string[];
}

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  staleTime: 60_000,
  queryFn: async () => {
    const list = (await body(api.GET("/v1/models"))) as { data: Model[] };
    return list.data;
  },
});

/** The models that the person may use. */
export function useModels() {
  return useQuery(modelsQuery);
}
