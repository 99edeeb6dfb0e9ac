import { expect, test } from "vitest";
import { registry, type Tree } from "./texts";

// Every file of texts makes itself known when it is loaded.
const files = import.meta.glob(["../**/texts.ts", "./common.ts", "!./texts.ts"], { eager: true });

function flat(tree: Tree, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === "string" ? [[prefix + key, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  );
}

const holes = (text: string) => [...text.matchAll(/{{\s*(\w+)/g)].map(([, name]) => name).sort();

test("each file of texts is known", () => {
  expect(registry.size).toBeGreaterThanOrEqual(Object.keys(files).length);
});

test("both languages have the same keys, with the same values to fill in", () => {
  for (const [namespace, { en, de }] of registry) {
    const german = new Map(flat(de));
    const english = flat(en);
    expect([...german.keys()].sort(), namespace).toEqual(english.map(([key]) => key).sort());
    for (const [key, text] of english) {
      const translated = german.get(key) ?? "";
      expect(translated.trim(), `${namespace}:${key}`).not.toBe("");
      expect(holes(translated), `${namespace}:${key}`).toEqual(holes(text));
    }
  }
});
