import { useMe } from "../../session/me";
import { useRoleTexts } from "./texts";

/** The mightiest first. */
export const roles = ["owner", "admin", "editor", "viewer"] as const;
export type Role = (typeof roles)[number];

export function isRole(word: string): word is Role {
  return (roles as readonly string[]).includes(word);
}

/** Nobody gives a role above the own one. */
export function rolesUpTo(own: string): Role[] {
  const place = (roles as readonly string[]).indexOf(own);
  return place < 0 ? [] : roles.slice(place);
}

/** The roles that the person may give, as a select takes them. */
export function useRoleChoices() {
  const t = useRoleTexts();
  const { organization } = useMe();
  return rolesUpTo(organization?.role ?? "").map((value) => ({ value, label: t(value) }));
}
