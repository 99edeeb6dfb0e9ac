import { queryOptions } from "@tanstack/react-query";
import { Failure } from "../api/failure";

export interface SetupState {
  /** Whether nobody can sign in as an owner yet. */
  needed: boolean;
  token_is_valid: boolean;
  registration: "open" | "invitation" | "closed";
}

/** Whether the instance waits for its owner, and whether a setup link is good. */
export function setupQuery(token?: string) {
  return queryOptions({
    queryKey: ["setup", token ?? null],
    queryFn: async (): Promise<SetupState> => {
      const query = token ? `?${new URLSearchParams({ token })}` : "";
      const response = await fetch(`/api/v1/setup${query}`);
      const answer = await response.json();
      if (!response.ok) throw Failure.from(response, answer);
      return answer as SetupState;
    },
  });
}
