import { expect, test } from "vitest";
import { freeKey, isKey, keyOf, readGraph, type StoredGraph, writeGraph } from "./graph";
import { sampleGraph } from "./sample";

test("a graph is written as the back end writes it: sorted, lean, rounded", () => {
  const written = writeGraph({
    ...sampleGraph,
    nodes: sampleGraph.nodes.map((node) => ({ ...node, name: "", disabled: false, policy: {} })),
    groups: [{ id: "g", title: "Both", nodes: ["text", "start", "text"] }],
    layout: {
      ...sampleGraph.layout,
      nodes: { text: { x: 0.1 + 0.2, y: 1, collapsed: false }, gone: { x: 1, y: 1 } },
    },
  });
  expect(written.nodes?.map((node) => node.id)).toEqual(["done", "start", "text"]);
  expect(Object.keys(written.nodes?.[0] ?? {}).sort()).toEqual(["id", "settings", "type", "version"]);
  expect(written.groups?.[0]?.nodes).toEqual(["start", "text"]);
  expect(written.layout).toEqual({ nodes: { text: { x: 0.3, y: 1 } } });
  expect("notes" in written || "variables" in written).toBe(false);
});

test("reading what was written gives the same text again", () => {
  const once = writeGraph(sampleGraph);
  const again = writeGraph(readGraph(JSON.parse(JSON.stringify(once)) as StoredGraph));
  expect(JSON.stringify(again)).toBe(JSON.stringify(once));
});

test("fields that the API leaves out are filled in", () => {
  const graph = readGraph({ nodes: [{ id: "a", type: "x.y" } as never] });
  expect(graph.nodes[0]).toEqual({ id: "a", type: "x.y", version: 1, settings: {} });
  expect(graph.layout).toEqual({ nodes: {}, groups: {}, notes: {} });
});

test("keys are what expressions can name", () => {
  expect(["a", "extract_2"].every(isKey)).toBe(true);
  expect(["", "2a", "A", "a-b", "ä", "a".repeat(65)].some(isKey)).toBe(false);
  expect(keyOf("Text generation!")).toBe("text_generation");
  expect(keyOf("Übersetzen 2")).toBe("ubersetzen_2");
  expect(isKey(keyOf("你好"))).toBe(true);
  expect(freeKey("a", new Set(["a", "a_2"]))).toBe("a_3");
});
