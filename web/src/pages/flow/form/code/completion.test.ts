import { CompletionContext } from "@codemirror/autocomplete";
import { EditorState } from "@codemirror/state";
import { expect, test } from "vitest";
import { completeExpression } from "./completion";

const references = [
  { path: "nodes.text.output.text", of: "Template", type: "string" },
  { path: "vars.city", of: "variable", type: "string" },
];

function labels(text: string, isBare = false, explicit = false): string[] | undefined {
  const context = new CompletionContext(EditorState.create({ doc: text }), text.length, explicit);
  return completeExpression(references, isBare, context)?.options.map(({ label }) => label);
}

test("values are offered inside of braces only, what is nearest first", () => {
  expect(labels("Hello ")).toBeUndefined();
  expect(labels("Hello {{ ")).toEqual(["nodes.text.output.text", "vars.city"]);
  expect(labels("Hello {{ nodes.te")).toEqual(["nodes.text.output.text", "vars.city"]);
  expect(labels("Hello {{ input.who }} and ")).toBeUndefined();
});

test("filters are offered behind a bar", () => {
  expect(labels("{{ vars.city | up")).toContain("upper");
  expect(labels("{{ vars.city | up")).not.toContain("vars.city");
});

test("a bare expression needs no braces", () => {
  expect(labels("va", true)).toContain("vars.city");
  expect(labels("", true)).toBeUndefined();
  expect(labels("", true, true)).toContain("vars.city");
});
