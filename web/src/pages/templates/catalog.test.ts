import { expect, test } from "vitest";
import type { Requirements, TemplateSummary } from "../../api/templates";
import { filled, findTemplates, gapsOf, namesOf, standIns } from "./catalog";

const template = (slug: string, more: Partial<TemplateSummary> = {}): TemplateSummary => ({
  slug,
  origin: "catalog",
  is_published: true,
  version: 1,
  uses: 0,
  rating: { average: null, count: 0, mine: null },
  name: slug,
  summary: "",
  icon: "box",
  category: "sales",
  tags: [],
  complexity: "beginner",
  setup_minutes: 5,
  author: "Somebody",
  date: "2026-11-23",
  is_featured: false,
  triggers: [],
  node_count: 3,
  ...more,
});

const requires: Requirements = {
  models: [
    { name: "openai/a", is_available: false, instead: "builtin/extract" },
    { name: "builtin/extract", is_available: true },
  ],
  collections: [{ name: "handbook", is_available: false }],
  credentials: [],
  workflows: [],
  secrets: [{ name: "token" }],
};

test("templates are found by all words, category and complexity", () => {
  const all = [
    template("chatbot", { tags: ["support"], category: "service" }),
    template("scorer", { summary: "Scores leads", complexity: "advanced" }),
  ];
  const find = (text: string, category = "", complexity = "") =>
    findTemplates(all, { text, category, complexity }).map(({ slug }) => slug);
  expect(find("")).toEqual(["chatbot", "scorer"]);
  expect(find("Support chat")).toEqual(["chatbot"]);
  expect(find("support leads")).toEqual([]);
  expect(find("", "sales")).toEqual(["scorer"]);
  expect(find("", "", "beginner")).toEqual(["chatbot"]);
});

test("ours are told from those of the program", () => {
  const all = [template("chatbot"), template("mine", { origin: "own" })];
  const found = findTemplates(all, { text: "", category: "", complexity: "", origin: "own" });
  expect(found.map(({ slug }) => slug)).toEqual(["mine"]);
});

test("built-in models stand in for those that are not there", () => {
  expect(standIns(requires)).toEqual({ models: { "openai/a": "builtin/extract" } });
  expect(standIns({ ...requires, models: [] })).toEqual({});
});

test("what is missing can be replaced, secrets come later", () => {
  expect(gapsOf(requires).map(({ kind, requirement }) => `${kind} ${requirement.name}`)).toEqual([
    "models openai/a",
    "collections handbook",
  ]);
  expect(namesOf(requires)).toHaveLength(4);
});

test("what was left open is not mapped", () => {
  expect(filled({ models: { "openai/a": "builtin/extract" }, collections: { handbook: "" } })).toEqual({
    models: { "openai/a": "builtin/extract" },
  });
});
