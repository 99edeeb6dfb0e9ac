import { beforeEach, expect, test, vi } from "vitest";
import { lastInput, rememberInput } from "./last-input";

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal("sessionStorage", {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => kept.set(key, value),
  });
});

test("what a flow was given comes back", () => {
  rememberInput("a", { who: "Ada" });
  expect(lastInput("a")).toEqual({ who: "Ada" });
  expect(lastInput("b")).toEqual({});
});

test.each([[null], [[1, 2]], ["text"], [3]])("%j is no input of a form", (input) => {
  rememberInput("a", input);
  expect(lastInput("a")).toEqual({});
});
