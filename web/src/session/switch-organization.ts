import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Failure } from "../api/failure";
import { sessionFetch } from "./fetch";

/** Moves the session to another organization; everything that was loaded belongs to the old one. */
export function useSwitchOrganization() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (orgId: string) => {
      const response = await sessionFetch("/api/v1/auth/switch-organization", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ organization_id: orgId }),
      });
      if (!response.ok) throw Failure.from(response, await response.json().catch(() => null));
    },
    onSuccess: async () => {
      await navigate({ to: "/" });
      await client.resetQueries();
    },
  });
}
