import { expect, test } from "vitest";
import { arrivalOf, safePath } from "./return";

test("only paths of this app are gone to", () => {
  expect(safePath("/keys?which=all#x")).toBe("/keys?which=all#x");
  for (const foreign of [
    "//example.org",
    "/\\example.org",
    "https://example.org",
    "/login",
    "/login?to=/keys",
    "keys",
    undefined,
    7,
  ]) {
    expect(safePath(foreign)).toBe("/");
  }
});

test("who comes back from a provider is asked for the second factor, and goes on from there", () => {
  expect(arrivalOf("#mfa_token=a-b_c&methods=totp%2Crecovery_code&return_to=%2Fkeys%3Fwhich%3Dall")).toEqual({
    step: { mfa_required: true, mfa_token: "a-b_c", methods: ["totp", "recovery_code"] },
    to: "/keys?which=all",
  });
  expect(arrivalOf("#mfa_token=t&return_to=//example.org")?.to).toBe("/");
  expect(arrivalOf("")).toBeNull();
  expect(arrivalOf("#content")).toBeNull();
});
