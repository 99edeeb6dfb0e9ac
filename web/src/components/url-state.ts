import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

/** A word kept in the address, so that a reload, a bookmark and the back button keep it too. */
export function useUrlState(name: string, initial = ""): [string, (value: string) => void] {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const found = search[name];
  const value = found === undefined ? initial : String(found);
  const set = useCallback(
    (next: string) => {
      void navigate({
        to: ".",
        replace: true,
        resetScroll: false,
        search: (before: Record<string, unknown>) => ({
          ...before,
          [name]: next === initial ? undefined : next,
        }),
      } as Parameters<typeof navigate>[0]);
    },
    [navigate, name, initial],
  );
  return [value, set];
}
