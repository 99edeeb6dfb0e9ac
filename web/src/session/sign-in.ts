import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Failure } from "../api/failure";
import { csrfFetch, requestTo } from "./csrf";
import { meQuery } from "./me";

/** Sends JSON where there may be no session: nobody is asked to sign in again. */
export async function post<T>(path: string, content?: unknown): Promise<T> {
  const response = await csrfFetch(
    requestTo(path, {
      method: "POST",
      headers: content === undefined ? {} : { "content-type": "application/json" },
      body: content === undefined ? undefined : JSON.stringify(content),
    }),
  );
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw Failure.from(response, answer);
  return answer as T;
}

/** What signing in answers: a session in cookies, or the request for a second factor. */
export type SignInAnswer = { mfa_required: false } | SecondStep;

export interface SecondStep {
  mfa_required: true;
  mfa_token: string;
  methods: string[];
}

/** What a step sends, or what asks for it first: a passkey is shown between two calls. */
type Content = Record<string, unknown> | (() => Promise<Record<string, unknown>>);

/**
 * Takes one step of signing in: the first with `login`, the second where it is asked for. The form
 * shows what goes wrong.
 */
export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    meta: { silent: true },
    mutationFn: async ({ path, content }: { path: string; content: Content }) => {
      const given = typeof content === "function" ? await content() : content;
      return post<SignInAnswer>(`/api/v1/auth/${path}`, { ...given, transport: "cookie" });
    },
    onSuccess: async (answer) => {
      // Fetched, not reset: the dialog above a page must not make the page begin anew.
      if (!answer.mfa_required) await client.fetchQuery({ ...meQuery, staleTime: 0 });
    },
  });
}
