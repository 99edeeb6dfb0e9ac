import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { Failure } from "../api/failure";
import { sessionFetch } from "./fetch";

/** The words of the permission table in `accounts/src/permission.rs`. */
export type Permission = string;

export interface Membership {
  id: string;
  name: string;
  slug: string;
  role: string;
}

/** Who is signed in, where, and what they may do there. */
export interface Me {
  user: { id: string; email: string; name: string; locale: string; is_instance_owner: boolean };
  organization: Membership | null;
  organizations: Membership[];
  permissions: Permission[];
}

export const meQuery = queryOptions({
  queryKey: ["me"],
  staleTime: 60_000,
  queryFn: async (): Promise<Me | null> => {
    const response = await sessionFetch("/api/v1/auth/me");
    if (response.status === 401) return null;
    const answer = await response.json();
    if (!response.ok) throw Failure.from(response, answer);
    return answer as Me;
  },
});

/** Who is signed in. Only for parts inside the shell, which shows nothing to others. */
export function useMe(): Me {
  const { data } = useSuspenseQuery(meQuery);
  if (!data) throw new Error("nobody is signed in");
  return data;
}

/** Whether the person may do something, by the table that the server enforces. */
export function useMay(): (permission: Permission) => boolean {
  const { permissions } = useMe();
  return (permission) => permissions.includes(permission);
}
