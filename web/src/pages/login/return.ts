import type { SecondStep } from "../../session/sign-in";

/**
 * Only paths of this app: a link could otherwise send people to another site after they sign in. Nor
 * back to the login page, where they are.
 */
export function safePath(path: unknown): string {
  return typeof path === "string" && /^\/(?![/\\]|login\b)/.test(path) ? path : "/";
}

/** What is left to do for somebody who comes back from a provider. */
export interface Arrival {
  step: SecondStep;
  to: string;
}

/** Reads `#mfa_token=…&methods=…&return_to=…`, which the callback of a provider leads to. */
export function arrivalOf(hash: string): Arrival | null {
  const fields = new URLSearchParams(hash.replace(/^#/, ""));
  const token = fields.get("mfa_token");
  if (!token) return null;
  const methods = (fields.get("methods") ?? "").split(",").filter(Boolean);
  return {
    step: { mfa_required: true, mfa_token: token, methods },
    to: safePath(fields.get("return_to")),
  };
}
