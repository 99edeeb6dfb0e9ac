import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Failure } from "../api/failure";
import { csrfFetch, requestTo } from "./csrf";
import { meQuery } from "./me";

/** Sends JSON to `/api/v1/auth/…`, where there may be no session yet. */
export async function authPost<T>(path: string, content?: unknown): Promise<T> {
  const response = await csrfFetch(
    requestTo(`/api/v1/auth/${path}`, {
      method: "POST",
      headers: content === undefined ? {} : { "content-type": "application/json" },
      body: content === undefined ? undefined : JSON.stringify(content),
    }),
  );
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw Failure.from(response, answer);
  return answer as T;
}

export interface Credentials {
  email: string;
  password: string;
}

/** Signs in with email and password; the form shows what goes wrong. */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    meta: { silent: true },
    mutationFn: (credentials: Credentials) => authPost("login", credentials),
    onSuccess: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
}
