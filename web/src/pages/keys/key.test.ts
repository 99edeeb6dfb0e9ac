import { expect, test } from "vitest";
import { budgetOf, emptyForm, expiryTime, limitsOf, statusOf } from "./key";

const now = Date.parse("2026-11-22T12:00:00Z");

test("a revoked key is revoked even when it has expired too", () => {
  const past = "2026-01-01T00:00:00Z";
  expect(statusOf({ revoked_at: past, expires_at: past }, now)).toBe("revoked");
  expect(statusOf({ expires_at: past }, now)).toBe("expired");
  expect(statusOf({ expires_at: "2027-01-01T00:00:00Z" }, now)).toBe("active");
  expect(statusOf({ expires_at: null }, now)).toBe("active");
});

test("an expiry is counted from now", () => {
  expect(expiryTime("d7", now)).toBe("2026-11-29T12:00:00.000Z");
  expect(expiryTime("never", now)).toBeNull();
});

test("empty fields set nothing, and zero forbids", () => {
  expect(limitsOf(emptyForm, "k")).toEqual([]);
  expect(budgetOf(emptyForm, "k")).toBeNull();
  const form = { ...emptyForm, requests: 0, concurrency: 4, dollars: 12.34 };
  expect(limitsOf(form, "k")).toEqual([
    { scope: "key", scope_id: "k", metric: "requests", window: "minute", max: 0 },
    { scope: "key", scope_id: "k", metric: "concurrency", max: 4 },
  ]);
  expect(budgetOf(form, "k")?.max).toBe(12_340_000_000);
});
