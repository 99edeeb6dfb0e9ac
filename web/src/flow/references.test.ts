import { expect, test } from "vitest";
import { addNode, connect, renameNode } from "./operations";
import { insertReference, nodesBefore, pathAt, referencesFor, renameInText } from "./references";
import { sampleBook, sampleGraph, sampleTypes } from "./sample";

test("a node's new key is known to edges, expressions, groups and places", () => {
  const grouped = { ...sampleGraph, groups: [{ id: "g", title: "", nodes: ["text"] }] };
  const graph = renameNode(grouped, "text", "greeting");
  expect(graph.edges.map(({ from, to }) => `${from.node}-${to.node}`)).toEqual([
    "start-greeting",
    "greeting-done",
  ]);
  expect(graph.nodes[2]?.settings.note).toBe("{{ nodes.greeting.output.text | upper }}");
  expect(graph.groups[0]?.nodes).toEqual(["greeting"]);
  expect(graph.layout.nodes).toEqual({ start: { x: 0, y: 0 }, greeting: { x: 280, y: 0 } });
});

test("only whole keys are renamed, in both ways of writing", () => {
  const keys = new Map([["a", "b"]]);
  expect(renameInText("{{ nodes.a.output + nodes.ab.output + nodes['a'].error }}", keys)).toBe(
    "{{ nodes.b.output + nodes.ab.output + nodes['b'].error }}",
  );
});

test("completion lists what has run before, the nearest first", () => {
  expect(nodesBefore(sampleGraph, "done").map(({ id }) => id)).toEqual(["start", "text"]);
  const paths = referencesFor(sampleGraph, "done", sampleBook(), {
    variables: [{ name: "tone", type: "string" }],
    secrets: ["token"],
  }).map(({ path }) => path);
  expect(paths.slice(0, 3)).toEqual(["incoming.value", "nodes.text.output.text", "nodes.start.output.input"]);
  expect(paths).toContain("vars.tone");
  expect(paths).toContain("secrets.token");
  expect(paths).not.toContain("item");
});

test("inside of a loop there is its item, and what ran before the loop", () => {
  const typeOf = (id: string) => sampleTypes.find(({ type }) => type === id) ?? sampleTypes[0];
  const [loopType, templateType] = [typeOf("logic.loop"), typeOf("data.template")];
  if (!loopType || !templateType) throw new Error("no types");
  const loop = addNode(sampleGraph, loopType, { x: 0, y: 0 });
  const inside = addNode(loop.graph, templateType, { x: 0, y: 0 }, loop.id);
  const graph = connect(
    inside.graph,
    { node: "text", port: "text" },
    { node: loop.id, port: "items" },
    "data",
  );
  const paths = referencesFor(graph, inside.id, sampleBook()).map(({ path }) => path);
  expect(paths).toContain("item");
  expect(paths).toContain("nodes.text.output.text");
  expect(paths).not.toContain("nodes.loop.output.results");
});

test("a reference takes the place of what was typed, with or without braces", () => {
  expect(pathAt("Hi {{ no", 8)).toEqual({ from: 6, typed: "no" });
  expect(pathAt("Hi {{ a }} no", 13)).toBeUndefined();
  expect(insertReference("Hi {{ no", 8, "now")).toEqual({ text: "Hi {{ now }}", cursor: 12 });
  expect(insertReference("Hi {{ no }}!", 8, "now").text).toBe("Hi {{ now }}!");
  expect(insertReference("Hi {{", 5, "now").text).toBe("Hi {{ now }}");
  expect(insertReference("Hi ", 3, "now").text).toBe("Hi {{ now }}");
});
