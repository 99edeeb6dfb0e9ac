import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { components } from "../../../../types/schema";
import { api, body } from "../../../api/client";
import type { Definition } from "./draft";

export type ModelRoute = components["schemas"]["ModelRoute"];
export type ModelTest = components["schemas"]["ModelTest"];
export type TargetHealth = components["schemas"]["TargetHealth"];

/** A route of the organization, or one of the server's configuration, which has no id. */
export interface RouteRow {
  id?: string;
  name: string;
  definition: Definition;
}

export function useRoutes() {
  return useQuery({
    queryKey: ["model-routes"],
    queryFn: async (): Promise<RouteRow[]> => {
      const { data, configured } = await body(api.GET("/api/v1/models/routes"));
      return [...data, ...configured];
    },
  });
}

/** How the routes' targets are doing, by name; live. */
export function useTargetHealth() {
  return useQuery({
    queryKey: ["model-routes", "health"],
    refetchInterval: 5_000,
    queryFn: async () => {
      const { data } = await body(api.GET("/api/v1/models/health"));
      return new Map<string, TargetHealth>(data.map((one) => [one.target, one]));
    },
  });
}

/** Makes a route, or changes the one of this id. A change that somebody else made meanwhile is refused. */
export function useSaveRoute(id: string | undefined, onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    meta: { silent: true },
    mutationFn: async ({ name, definition, tag }: { name: string; definition: Definition; tag?: string }) => {
      const wanted = { body: { name, definition } };
      if (id === undefined) return body(api.POST("/api/v1/models/routes", wanted));
      const headers = tag ? { "if-match": tag } : {};
      return body(api.PATCH("/api/v1/models/routes/{id}", { params: { path: { id } }, headers, ...wanted }));
    },
    onSuccess: async () => {
      onDone();
      await client.invalidateQueries({ queryKey: ["model-routes"] });
      await client.invalidateQueries({ queryKey: ["models"] });
    },
  });
}

/** The route as it is now, with the tag that its change has to name. */
export function useRoute(id: string | undefined) {
  return useQuery({
    queryKey: ["model-routes", id],
    enabled: id !== undefined,
    staleTime: 0,
    gcTime: 0,
    queryFn: async () => {
      const answer = await api.GET("/api/v1/models/routes/{id}", { params: { path: { id: id ?? "" } } });
      const route = await body(Promise.resolve(answer));
      return { route, tag: answer.response.headers.get("etag") ?? undefined };
    },
  });
}

export function useDeleteRoute(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => body(api.DELETE("/api/v1/models/routes/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      onDone();
      await client.invalidateQueries({ queryKey: ["model-routes"] });
      await client.invalidateQueries({ queryKey: ["models"] });
    },
  });
}

export function useTestRoute() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (model: string) => body(api.POST("/api/v1/models/test", { body: { model } })),
    onSettled: () => client.invalidateQueries({ queryKey: ["model-routes", "health"] }),
  });
}
