import { useQuery } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { collections } from "../../api/collections";
import { flows, runs } from "../../api/flows";
import { useMay, useMe } from "../../session/me";
import { useActiveKeys, useTotals } from "./data";

export const points = ["model", "flow", "document", "key", "publish", "member"] as const;
export type Point = (typeof points)[number];

/** The name of the key that the program makes for itself at its first start. */
const firstKey = "First admin key";

/**
 * What is done of the first steps, as it really is; a point that the person's role does not open is
 * left out, one that is not known yet is `undefined`.
 */
export function useProgress(): Partial<Record<Point, boolean | undefined>> {
  const may = useMay();
  const { organization } = useMe();
  const totals = useTotals();
  const keys = useActiveKeys();
  const filled = useQuery({
    queryKey: ["collections", "any-filled"],
    enabled: may("collections:read"),
    queryFn: async () => (await collections.list()).data.some((one) => one.document_count > 0),
  });
  const ran = useQuery({
    queryKey: ["runs", "any-completed"],
    enabled: may("projects:read"),
    queryFn: async () => (await runs.list({ limit: 1, status: "completed" })).data.length > 0,
  });
  const published = useQuery({
    queryKey: ["flows", "any-published"],
    enabled: may("projects:read"),
    queryFn: async () => (await flows.list({ limit: 200 })).data.some((flow) => flow.latest_version > 0),
  });
  const id = organization?.id ?? "";
  const joined = useQuery({
    queryKey: ["members", "any-invited", id],
    enabled: may("members:write") && id !== "",
    queryFn: async () => {
      const query = { limit: 2 };
      const [members, invitations] = await Promise.all([
        body(api.GET("/api/v1/organizations/{id}/members", { params: { path: { id }, query } })),
        body(api.GET("/api/v1/invitations", { params: { query } })),
      ]);
      return members.data.length > 1 || invitations.data.length > 0;
    },
  });
  return {
    ...(may("usage:read") ? { model: totals.data && totals.data.calls > totals.data.errors } : {}),
    ...(may("flows:run") ? { flow: ran.data } : {}),
    ...(may("collections:write") ? { document: filled.data } : {}),
    ...(may("keys:write") ? { key: keys.data?.some(({ name }) => name !== firstKey) } : {}),
    ...(may("flows:publish") ? { publish: published.data } : {}),
    ...(may("members:write") ? { member: joined.data } : {}),
  };
}
