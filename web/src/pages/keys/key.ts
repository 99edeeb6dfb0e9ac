import type { components } from "../../../types/schema";
import type { Time } from "../../i18n/format";

export type ApiKey = components["schemas"]["ApiKey"];
export type Limit = components["schemas"]["Limit"];
export type Budget = components["schemas"]["Budget"];

export type Status = "active" | "revoked" | "expired";

export function statusOf(key: Pick<ApiKey, "revoked_at" | "expires_at">, now = Date.now()): Status {
  if (key.revoked_at) return "revoked";
  if (key.expires_at && Date.parse(key.expires_at) <= now) return "expired";
  return "active";
}

export const expiries = ["never", "d7", "d30", "d90", "d365"] as const;
export type Expiry = (typeof expiries)[number];

/** When a key made now ends. */
export function expiryTime(expiry: Expiry, now = Date.now()): Time | null {
  if (expiry === "never") return null;
  return new Date(now + Number(expiry.slice(1)) * 86_400_000).toISOString();
}

/** What the form holds; numbers are empty text where nothing is set. */
export interface KeyForm {
  name: string;
  admin: boolean;
  models: string[];
  endpoints: string[];
  tags: string[];
  expiry: Expiry;
  requests: number | string;
  tokens: number | string;
  concurrency: number | string;
  dollars: number | string;
  period: Budget["period"];
}

export const emptyForm: KeyForm = {
  name: "",
  admin: false,
  models: [],
  endpoints: [],
  tags: [],
  expiry: "never",
  requests: "",
  tokens: "",
  concurrency: "",
  dollars: "",
  period: "month",
};

export type NewLimit = components["schemas"]["CreateLimit"];
export type NewBudget = components["schemas"]["CreateBudget"];

/** The limits that the form asks for on a key. */
export function limitsOf(form: KeyForm, keyId: string): NewLimit[] {
  const on = { scope: "key", scope_id: keyId } as const;
  const rows: [number | string, Omit<NewLimit, "max" | "scope">][] = [
    [form.requests, { metric: "requests", window: "minute" }],
    [form.tokens, { metric: "tokens", window: "minute" }],
    [form.concurrency, { metric: "concurrency" }],
  ];
  return rows.filter(([max]) => max !== "").map(([max, rest]) => ({ ...on, ...rest, max: Number(max) }));
}

/** The budget that the form asks for, in nano-dollars. */
export function budgetOf(form: KeyForm, keyId: string): NewBudget | null {
  if (form.dollars === "") return null;
  return {
    scope: "key",
    scope_id: keyId,
    period: form.period,
    unit: "nano_usd",
    max: Math.round(Number(form.dollars) * 1e9),
  };
}
