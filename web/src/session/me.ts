import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { Failure } from "../api/failure";
import type { Time } from "../i18n/format";
import { sessionFetch } from "./fetch";

/** The words of the permission table in `accounts/src/permission.rs`. */
export type Permission = string;

export interface Membership {
  id: string;
  name: string;
  slug: string;
  role: string;
}

export interface User {
  id: string;
  email: string;
  name: string;
  locale: string;
  is_instance_owner: boolean;
  email_verified_at?: Time | null;
  password_changed_at?: Time | null;
  avatar_updated_at?: Time | null;
}

interface MeBody {
  user: User;
  session_id: string;
  organizations: Membership[];
  current?: { id: string; role: string | null; permissions: Permission[] } | null;
  is_instance_owner: boolean;
  /** `required`: the organization wants two factors, and this session has shown one. */
  mfa: { enabled: boolean; methods: string[]; required: boolean };
}

/** Who is signed in, where, and what they may do there. */
export interface Me extends MeBody {
  organization: Membership | undefined;
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
    const me = answer as MeBody;
    const organization = me.organizations.find(({ id }) => id === me.current?.id);
    return { ...me, organization, permissions: me.current?.permissions ?? [] };
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
