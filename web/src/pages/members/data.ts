import { useQuery } from "@tanstack/react-query";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { useCursorList } from "../../components/cursor-list";
import { useMay, useMe } from "../../session/me";
import { linkIn } from "./invitation";

export type Member = components["schemas"]["Member"];
export type Team = components["schemas"]["Team"];

const limit = 100;

export function useMemberList() {
  const { organization } = useMe();
  const path = { id: organization?.id ?? "" };
  return useCursorList(["members", "list"], (cursor) =>
    body(api.GET("/api/v1/organizations/{id}/members", { params: { path, query: { limit, cursor } } })),
  );
}

export function useInvitationList() {
  return useCursorList(["invitations"], (cursor) =>
    body(api.GET("/api/v1/invitations", { params: { query: { limit, cursor } } })),
  );
}

export function useTeamList() {
  return useCursorList(["teams", "list"], (cursor) =>
    body(api.GET("/api/v1/teams", { params: { query: { limit, cursor } } })),
  );
}

export function useTeamMembers(id: string) {
  return useQuery({
    queryKey: ["teams", id, "members"],
    queryFn: async () => {
      const params = { path: { id }, query: { limit: 500 } };
      return (await body(api.GET("/api/v1/teams/{id}/members", { params }))).data;
    },
  });
}

/** The link of an invitation while its mail waits in the outbox; `null` once it was sent. */
export async function invitationLink(email: string): Promise<string | null> {
  const { data } = await body(api.GET("/api/v1/outbox", { params: { query: { limit: 200 } } }));
  return linkIn(data, email);
}

export function useInvitationLink(email: string | null) {
  const may = useMay();
  return useQuery({
    queryKey: ["outbox", "link", email],
    enabled: email !== null && may("outbox:read"),
    staleTime: 0,
    queryFn: () => invitationLink(email ?? ""),
  });
}
