import { expect, test } from "vitest";
import type { FormField } from "./api";
import { checked, inputOf } from "./form-values";

const field = (name: string, type = "string", more: Partial<FormField> = {}): FormField => ({
  name,
  title: "",
  type,
  required: false,
  default: null,
  description: "",
  options: [],
  ...more,
});

test("what is missing or of the wrong type is named by field", () => {
  const fields = [
    field("name", "string", { required: true }),
    field("seats", "number", { required: true }),
    field("more", "object"),
    field("long"),
    field("set", "string", { required: true, default: "x" }),
    field("menu", "file", { required: true }),
  ];
  const values = { seats: "many", more: "{", long: "abcdef" };
  expect(checked(fields, values, 5)).toEqual({
    name: "required",
    seats: "number",
    more: "json",
    long: "long",
    menu: "required",
  });
  const good = { name: "Ada", seats: "2,5", more: '{"a": 1}', menu: [new File(["x"], "x.txt")] };
  expect(checked(fields, good, 10)).toEqual({});
});

test("values get the types of their fields, and empty ones are left out", async () => {
  const fields = [
    field("name"),
    field("seats", "number"),
    field("tags", "array<string>"),
    field("yes", "boolean"),
    field("empty"),
    field("menu", "file"),
    field("photos", "array<image>"),
  ];
  const file = new File(["x"], "x.txt");
  const values = { name: " Ada ", seats: "2,5", tags: '["a"]', menu: [file], photos: [file] };
  const upload = { name: "x.txt", media_type: "text/plain", data: "eA==" };
  expect(await inputOf(fields, values, async () => upload)).toEqual({
    name: "Ada",
    seats: 2.5,
    tags: ["a"],
    yes: false,
    menu: upload,
    photos: [upload],
  });
});
