import { expect, test } from "vitest";
import { isSlug, slugOf } from "./slug";

test("a short name is made from any name", () => {
  expect(slugOf("Müller & Söhne")).toBe("mueller-soehne");
  expect(slugOf("  Crème Brûlée 2!")).toBe("creme-brulee-2");
  expect(slugOf("x".repeat(80))).toHaveLength(64);
  expect(slugOf("漢字")).toBe("");
});

test("a short name has small letters, digits and hyphens alone", () => {
  expect(isSlug("acme-2")).toBe(true);
  for (const wrong of ["", "Acme", "a b", "ä", "a".repeat(65)]) expect(isSlug(wrong), wrong).toBe(false);
});
