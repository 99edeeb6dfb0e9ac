import { describe, expect, it } from "vitest";
import { type Definition, definitionOf, draftOf, groupsOf, moved, placeOf, shares } from "./draft";

const definition: Definition = {
  targets: [
    "openai/gpt-4.1",
    { model: "anthropic/claude", weight: 3, group: 1 },
    { model: "groq/llama", weight: 1, group: 1 },
  ],
  strategy: "sticky",
  context_window_fallbacks: ["gemini/pro"],
  content_policy_fallbacks: [],
  retry: { max_retries: 1, backoff_ms: 100, backoff_max_ms: 200, retry_after_max_ms: 300 },
  timeouts: null,
  on_disconnect: "drain",
};

describe("routes as a form", () => {
  it("keeps groups in their order, and what the form does not show", () => {
    const again = definitionOf(draftOf("support", definition), definition);
    expect(again.targets).toEqual([
      { model: "openai/gpt-4.1", weight: 1, group: 0 },
      { model: "anthropic/claude", weight: 3, group: 1 },
      { model: "groq/llama", weight: 1, group: 1 },
    ]);
    expect(again.retry).toEqual(definition.retry);
    expect(again.on_disconnect).toBe("drain");
    expect(again.timeouts).toBeNull();
  });

  it("numbers targets without a group as the gateway does", () => {
    const targets: Definition["targets"] = [
      "a/a",
      { model: "b/b", group: 5 },
      "c/c",
      { model: "d/d", group: 0 },
    ];
    expect(groupsOf({ targets }).map((group) => group.map(({ model }) => model))).toEqual([
      ["a/a", "d/d"],
      ["b/b"],
      ["c/c"],
    ]);
  });

  it("gives a target that is alone in its group every call", () => {
    const draft = draftOf("x", { ...definition, targets: [{ model: "a/a", weight: 0, group: 0 }] });
    expect(definitionOf(draft).targets).toEqual([{ model: "a/a", weight: 1, group: 0 }]);
  });

  it("finds the place of a refusal", () => {
    expect(placeOf("there is a route `support` already")).toEqual({ field: "name" });
    expect(placeOf("Target `x/y` does not exist; GET /v1/models lists what there is")).toEqual({
      target: "x/y",
    });
    expect(placeOf("`retry.max_retries` must be 0 to 10")).toEqual({});
  });

  it("tells shares, and moves steps", () => {
    expect(shares([3, 1])).toEqual([0.75, 0.25]);
    expect(shares([0, ""])).toEqual([null, null]);
    expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(moved(["a", "b"], 0, -1)).toEqual(["a", "b"]);
  });
});
