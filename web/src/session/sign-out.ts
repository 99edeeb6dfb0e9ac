import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Failure } from "../api/failure";
import { sessionFetch } from "./fetch";
import { meQuery } from "./me";

export function useSignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const response = await sessionFetch("/api/v1/auth/logout", { method: "POST" });
      // 401: the session had ended already, which is what was wanted.
      if (!response.ok && response.status !== 401) {
        throw Failure.from(response, await response.json().catch(() => null));
      }
    },
    onSuccess: async () => {
      client.clear();
      client.setQueryData(meQuery.queryKey, null);
      await navigate({ to: "/login" });
    },
  });
}
