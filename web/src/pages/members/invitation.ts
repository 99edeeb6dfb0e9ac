import type { components } from "../../../types/schema";

export type Invitation = components["schemas"]["Invitation"];
export type OutboxEmail = components["schemas"]["OutboxEmail"];

export type InvitationStatus = "open" | "accepted" | "revoked" | "expired";

export function statusOf(
  { accepted_at, revoked_at, expires_at }: Pick<Invitation, "accepted_at" | "revoked_at" | "expires_at">,
  now = Date.now(),
): InvitationStatus {
  if (accepted_at) return "accepted";
  if (revoked_at) return "revoked";
  return Date.parse(expires_at) <= now ? "expired" : "open";
}

/** The newest link that was written for an address; mails are listed newest first. */
export function linkIn(
  mails: Pick<OutboxEmail, "recipient" | "kind" | "link">[],
  email: string,
): string | null {
  const mail = mails.find((one) => one.kind === "invitation" && one.recipient === email.toLowerCase());
  return mail?.link ?? null;
}
