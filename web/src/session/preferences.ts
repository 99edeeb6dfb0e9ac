/** What the server keeps for the person, on every device. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { call } from "../api/flows";

export interface Preferences {
  /** How far the person came in the tour of the editor. */
  "editor.tour"?: { state: "running" | "skipped" | "done"; step: number };
  /** The checklist on the first page was put away. */
  "home.checklist"?: { state: "dismissed" };
}

const path = "/auth/preferences";

export const preferencesQuery = queryOptions({
  queryKey: ["preferences"],
  staleTime: Number.POSITIVE_INFINITY,
  queryFn: () => call<Preferences>("GET", path),
});

/**
 * One preference, and how it is changed; `undefined` while it is not known. A change shows at once. One
 * that cannot be sent holds until the page is left: none is worth a message.
 */
export function usePreference<Name extends keyof Preferences>(
  name: Name,
): {
  value: Preferences[Name];
  isKnown: boolean;
  set: (value: Preferences[Name] | null) => void;
} {
  const client = useQueryClient();
  const { data, isFetched } = useQuery(preferencesQuery);
  return {
    value: data?.[name],
    isKnown: isFetched,
    set: (value) => {
      client.setQueryData<Preferences>(preferencesQuery.queryKey, (before) => ({
        ...before,
        [name]: value ?? undefined,
      }));
      call("PATCH", path, { [name]: value }).catch(() => undefined);
    },
  };
}
