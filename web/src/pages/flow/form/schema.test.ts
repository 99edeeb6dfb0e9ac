import { expect, test } from "vitest";
import type { Schema } from "../../../flow/node-type";
import { firstValue, isShown, readField, withField } from "./schema";

const root: Schema = {
  $defs: {
    Mode: {
      description: "How.",
      oneOf: [
        { const: "first", description: "The first." },
        { const: "all", description: "All." },
      ],
    },
    Case: {
      type: "object",
      properties: { id: { type: "string" }, label: { type: "string", default: "" } },
      required: ["id"],
    },
    Step: {
      oneOf: [
        {
          type: "object",
          properties: { do: { const: "keep" }, condition: { type: "string" } },
          required: ["do", "condition"],
        },
        {
          type: "object",
          properties: { do: { const: "limit" }, count: { type: "integer", minimum: 1 } },
          required: ["do", "count"],
        },
      ],
    },
  },
};

test("a documented enum is a choice with its descriptions", () => {
  const field = readField({ $ref: "#/$defs/Mode", default: "first" }, root);
  expect(field.kind).toEqual({
    kind: "choice",
    choices: [
      { value: "first", label: "First", description: "The first." },
      { value: "all", label: "All", description: "All." },
    ],
  });
  expect(field.schema.default).toBe("first");
});

test("a tagged enum is a choice of variants, each with its own fields", () => {
  const { kind } = readField({ $ref: "#/$defs/Step" }, root);
  if (kind.kind !== "variants") throw new Error(kind.kind);
  expect(kind.tag).toBe("do");
  expect(kind.variants.map(({ tag, label }) => [tag, label])).toEqual([
    ["keep", "Keep"],
    ["limit", "Limit"],
  ]);
  expect(Object.keys(kind.variants[0]?.schema.properties ?? {})).toEqual(["condition"]);
  expect(firstValue({ $ref: "#/$defs/Step" }, root)).toEqual({ do: "keep", condition: "" });
});

test("an optional value is that value, and may be absent", () => {
  expect(readField({ type: ["integer", "null"] }, root)).toMatchObject({
    kind: { kind: "number", isInteger: true },
    isNullable: true,
  });
  expect(readField({ anyOf: [{ $ref: "#/$defs/Mode" }, { type: "null" }] }, root)).toMatchObject({
    kind: { kind: "choice" },
    isNullable: true,
  });
});

test("lists, maps, and what may be anything are told apart", () => {
  const list = readField({ type: "array", items: { $ref: "#/$defs/Case" } }, root).kind;
  expect(list.kind).toBe("list");
  expect(list.kind === "list" && firstValue(list.items, root)).toEqual({ id: "" });
  expect(readField({ type: "object", additionalProperties: { type: "string" } }, root).kind.kind).toBe("map");
  expect(readField({ type: "object", "x-widget": "json-schema" }, root).kind.kind).toBe("any");
  expect(readField(true, root).kind.kind).toBe("any");
  expect(readField({ description: "Any value." }, root).kind.kind).toBe("any");
});

test("a schema that refers to itself ends", () => {
  const loop: Schema = { $defs: { A: { $ref: "#/$defs/A" } } };
  expect(readField({ $ref: "#/$defs/A" }, loop).kind.kind).toBe("any");
});

test("a field is drawn by its neighbour's value, or by that one's default", () => {
  const properties: [string, Schema][] = [["mode", { type: "string", default: "a" }]];
  const field: Schema = { "x-show-if": { field: "mode", is: ["a", "b"] } };
  expect(isShown(field, {}, properties)).toBe(true);
  expect(isShown(field, { mode: "c" }, properties)).toBe(false);
  expect(isShown({}, {}, [])).toBe(true);
});

test("a field that is emptied is gone", () => {
  expect(withField({ a: 1 }, "a", undefined)).toEqual({});
  expect(withField({ a: 1 }, "b", null)).toEqual({ a: 1, b: null });
});
