import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../../api/client";

export const factorsQuery = queryOptions({
  queryKey: ["factors"],
  queryFn: () => body(api.GET("/api/v1/auth/mfa")),
});

export const passkeysQuery = queryOptions({
  queryKey: ["passkeys"],
  queryFn: async () => (await body(api.GET("/api/v1/auth/passkeys"))).data,
});

export const identitiesQuery = queryOptions({
  queryKey: ["identities"],
  queryFn: async () => (await body(api.GET("/api/v1/auth/identities"))).data,
});

/** Reads everything anew: a new factor may open the organization, and with it every other list. */
export function useRefresh(): () => Promise<void> {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}
