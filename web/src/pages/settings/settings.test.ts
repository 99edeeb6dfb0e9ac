import { expect, test } from "vitest";
import { changes, shown } from "./change";
import { fieldsOf, type Organization, updateOf } from "./organization";

test("an edit is told field by field, inside of records too", () => {
  const before = { name: "A", settings: { require_mfa: false, allowed_models: ["x"] }, slug: "a" };
  const after = { name: "B", settings: { require_mfa: true, allowed_models: ["x"] }, slug: "a" };
  expect(changes(before, after)).toEqual([
    { field: "name", before: "A", after: "B" },
    { field: "settings.require_mfa", before: false, after: true },
  ]);
});

test("what was made or deleted has one side", () => {
  expect(changes(null, { name: "A", gone: null })).toEqual([
    { field: "name", before: undefined, after: "A" },
  ]);
  expect(changes({ name: "A" }, null)).toEqual([{ field: "name", before: "A", after: undefined }]);
});

test("values stand in one line", () => {
  expect(["text", null, ["a"], 3].map(shown)).toEqual(["text", "–", '["a"]', "3"]);
});

test("the form of the settings gives back what it was given, and empties become null", () => {
  const organization = {
    name: "Acme",
    slug: "acme",
    billing_email: "bill@example.org",
    log_bodies: true,
    settings: { allowed_models: ["openai/*"], require_mfa: true, retention_days: 7 },
  } as Organization;
  expect(updateOf(fieldsOf(organization))).toEqual({
    name: "Acme",
    slug: "acme",
    billing_email: "bill@example.org",
    log_bodies: true,
    settings: { allowed_models: ["openai/*"], require_mfa: true, retention_days: 7 },
  });
  const empty = updateOf({ ...fieldsOf(organization), billingEmail: " ", retentionDays: "" });
  expect(empty.billing_email).toBeNull();
  expect(empty.settings?.retention_days).toBeNull();
});
