import { MutationCache, QueryClient } from "@tanstack/react-query";
import { Failure } from "../api/failure";
import { showFailure } from "../components/toast";

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
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => {
      if (!mutation.meta?.silent) showFailure(error);
    },
  }),
});

function isPassing(failure: Failure): boolean {
  return failure.status === 0 || failure.status === 502 || failure.status === 503;
}
