import { useQuery } from "@tanstack/react-query";
import { useMay, useMe } from "../session/me";
import { api, body } from "./client";

const query = { limit: 500 };

/** Keys of the organization by id, with those that are revoked. */
export function useKeyNames(): Map<string, string> | undefined {
  const may = useMay();
  const { data } = useQuery({
    queryKey: ["keys", "names"],
    staleTime: 60_000,
    enabled: may("keys:read"),
    queryFn: async () => {
      const { data } = await body(api.GET("/api/v1/keys", { params: { query } }));
      return new Map(data.map((key) => [key.id, key.name]));
    },
  });
  return data;
}

/** Members by the id of their account. */
export function useMemberNames(): Map<string, string> | undefined {
  const may = useMay();
  const { organization } = useMe();
  const { data } = useQuery({
    queryKey: ["members", "names", organization?.id],
    staleTime: 60_000,
    enabled: may("members:read") && organization !== undefined,
    queryFn: async () => {
      const path = { id: organization?.id ?? "" };
      const { data } = await body(api.GET("/api/v1/organizations/{id}/members", { params: { path, query } }));
      return new Map(data.map((member) => [member.id, member.name || member.email]));
    },
  });
  return data;
}

/** Teams by id. */
export function useTeamNames(): Map<string, string> | undefined {
  const may = useMay();
  const { data } = useQuery({
    queryKey: ["teams", "names"],
    staleTime: 60_000,
    enabled: may("members:read"),
    queryFn: async () => {
      const { data } = await body(api.GET("/api/v1/teams", { params: { query } }));
      return new Map(data.map((team) => [team.id, team.name]));
    },
  });
  return data;
}
