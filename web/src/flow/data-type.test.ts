import { expect, test } from "vitest";
import { conversion } from "./data-type";

// The cases of `flows/src/graph/types.rs`.
test.each([
  ["string", "string", "same"],
  ["number", "string", "always"],
  ["string", "number", "checked"],
  ["any", "image", "checked"],
  ["image", "any", "always"],
  ["image", "file", "same"],
  ["file", "audio", "checked"],
  ["audio", "image", "refused"],
  ["number", "array<string>", "always"],
  ["array<number>", "array<string>", "always"],
  ["array<number>", "number", "refused"],
  ["vector", "array<number>", "same"],
  ["array<number>", "vector", "checked"],
  ["control", "string", "refused"],
  ["control", "any", "refused"],
  ["string", "control", "always"],
  ["object", "number", "refused"],
  ["string", "document", "always"],
  ["file", "string", "refused"],
  ["boolean", "number", "checked"],
  ["object", "message", "checked"],
  ["message", "string", "always"],
  ["array<any>", "string", "always"],
  ["string", "array<string>", "checked"],
])("%s into %s is %s", (from, to, wanted) => {
  expect(conversion(from, to)).toBe(wanted);
});
