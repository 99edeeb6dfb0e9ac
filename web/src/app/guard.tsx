import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { EmptyState } from "../components/empty-state";
import { useCommon } from "../i18n/common";
import { type Me, useMe } from "../session/me";
import type { PageEntry } from "./page-entry";

/** Whether a page is there for a person. */
export function isOpen(entry: PageEntry, me: Me): boolean {
  if (entry.instanceOwner && !me.is_instance_owner) return false;
  return !entry.permission || me.permissions.includes(entry.permission);
}

/** Says so in the place of a page that the person's role does not open. */
export function Guard({ entry, children }: { entry: PageEntry; children: ReactNode }) {
  const t = useCommon();
  const me = useMe();
  if (isOpen(entry, me)) return children;
  const values = { organization: me.organization?.name ?? "", permission: entry.permission ?? "" };
  return <EmptyState icon={IconLock} title={t("forbidden")} hint={t("forbiddenHint", values)} />;
}
