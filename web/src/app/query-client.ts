import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Failure } from "../api/failure";
import { showFailure } from "../components/toast";
import { meQuery } from "../session/me";

/** Mutations that show their errors themselves say `meta: { silent: true }`. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      // A refusal stays one; only what may pass by itself is tried again.
      retry: (failures, error) => failures < 2 && isPassing(Failure.of(error)),
      refetchOnWindowFocus: "always",
    },
  },
  queryCache: new QueryCache({ onError: noteRefusal }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      noteRefusal(error);
      if (!mutation.meta?.silent) showFailure(error);
    },
  }),
});

/** The organization has begun to ask for a second factor: the shell then leads to it. */
function noteRefusal(error: unknown): void {
  if (Failure.of(error).code !== "mfa_required") return;
  void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
}

function isPassing(failure: Failure): boolean {
  return failure.status === 0 || failure.status === 502 || failure.status === 503;
}
