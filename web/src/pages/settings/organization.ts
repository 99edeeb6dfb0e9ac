import type { components } from "../../../types/schema";

export type Organization = components["schemas"]["Organization"];
type Update = components["schemas"]["UpdateOrganization"];

/** What the form holds; empty text where nothing is set. */
export interface Fields {
  name: string;
  slug: string;
  billingEmail: string;
  models: string[];
  requireMfa: boolean;
  logBodies: boolean;
  retentionDays: number | string;
}

export function fieldsOf({ name, slug, billing_email, settings, log_bodies }: Organization): Fields {
  return {
    name,
    slug,
    billingEmail: billing_email ?? "",
    models: settings.allowed_models ?? [],
    requireMfa: settings.require_mfa ?? false,
    logBodies: log_bodies,
    retentionDays: settings.retention_days ?? "",
  };
}

export function updateOf(fields: Fields): Update {
  return {
    name: fields.name.trim(),
    slug: fields.slug.trim(),
    billing_email: fields.billingEmail.trim() || null,
    log_bodies: fields.logBodies,
    settings: {
      allowed_models: fields.models,
      require_mfa: fields.requireMfa,
      retention_days: fields.retentionDays === "" ? null : Number(fields.retentionDays),
    },
  };
}
