import { expect, test } from "vitest";
import { readDocument } from "./import-dialog";

test("an exported project is read as JSON or YAML, and named by itself", () => {
  const document = { format: "nocode-ai/project", project: { name: "Support" } };
  expect(readDocument(JSON.stringify(document), "x.json")).toEqual({ wanted: { document }, name: "Support" });
  const yaml = "format: nocode-ai/project\nproject:\n  name: Support\n";
  expect(readDocument(yaml, "x.yaml")).toEqual({ wanted: { yaml }, name: "Support" });
});

test("any other file is refused before anything is made", () => {
  for (const text of ["", "hello", "{}", "[1]", "null", "name: x"]) {
    expect(readDocument(text, "x"), text).toBeUndefined();
  }
});
