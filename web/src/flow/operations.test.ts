import { expect, test } from "vitest";
import { autoLayout } from "./auto-layout";
import { copyPart, pastePart, readPart } from "./fragment";
import * as does from "./operations";
import { sampleGraph, sampleTypes } from "./sample";
import { reach, replaceInFlow, searchFlow } from "./search";

const loopType = sampleTypes.find(({ role }) => role === "container");
const templateType = sampleTypes.find(({ type }) => type === "data.template");
if (!loopType || !templateType) throw new Error("no types");

test("removing a node takes its edges, its place and what stands inside of it", () => {
  const loop = does.addNode(sampleGraph, loopType, { x: 0, y: 0 });
  const inside = does.addNode(loop.graph, templateType, { x: 0, y: 0 }, loop.id);
  const graph = does.remove(inside.graph, { nodes: [loop.id, "text"] });
  expect(graph.nodes.map(({ id }) => id)).toEqual(["start", "done"]);
  expect(graph.edges).toEqual([]);
  expect(Object.keys(graph.layout.nodes)).toEqual(["start"]);
});

test("a part is pasted under new keys, with its edges and expressions", () => {
  const part = readPart(copyPart(sampleGraph, { nodes: ["text", "done"] }));
  if (!part) throw new Error("unreadable");
  const pasted = pastePart(sampleGraph, part, { x: 10, y: 20 });
  expect(pasted.nodes).toEqual(["done_2", "text_2"]);
  const copy = pasted.graph.nodes.find(({ id }) => id === "done_2");
  expect(copy?.settings.note).toBe("{{ nodes.text_2.output.text | upper }}");
  expect(pasted.graph.edges.at(-1)).toMatchObject({ from: { node: "text_2" }, to: { node: "done_2" } });
  expect(pasted.graph.layout.nodes.text_2).toEqual({ x: 290, y: 20 });
});

test("a text that is no part of a flow is not pasted", () => {
  for (const text of ["", "hello", "{}", "[]", "null", '{"nodes": [{"id": 1}]}', '{"graph": {"nodes": 3}}']) {
    expect(readPart(text), text).toBeUndefined();
  }
});

test("a node put into a container loses the edges that would cross its border", () => {
  const loop = does.addNode(sampleGraph, loopType, { x: 0, y: 0 });
  const graph = does.setParent(loop.graph, "text", loop.id, { x: 5, y: 5 });
  expect(graph.nodes.find(({ id }) => id === "text")?.parent).toBe(loop.id);
  expect(graph.edges).toEqual([]);
  expect(does.setParent(graph, loop.id, "text", { x: 0, y: 0 })).toBe(graph);
  expect("parent" in (does.setParent(graph, "text", undefined, { x: 0, y: 0 }).nodes[1] ?? {})).toBe(false);
});

test("the layout goes from left to right, containers hold their inside, and nothing overlaps", () => {
  const loop = does.addNode(sampleGraph, loopType, { x: 0, y: 0 });
  const one = does.addNode(loop.graph, templateType, { x: 0, y: 0 }, loop.id);
  const two = does.addNode(one.graph, templateType, { x: 0, y: 0 }, loop.id);
  const places = autoLayout(two.graph, () => ({ width: 200, height: 80 }));
  const at = (id: string) => places[id] ?? { x: Number.NaN, y: Number.NaN };
  expect(at("start").x + 200).toBeLessThan(at("text").x);
  expect(at("text").x + 200).toBeLessThan(at("done").x);
  expect(Math.abs(at(one.id).y - at(two.id).y)).toBeGreaterThanOrEqual(80);
  const container = at(loop.id) as { width?: number; height?: number };
  for (const id of [one.id, two.id]) {
    expect(at(id).y + 80).toBeLessThan(container.height ?? 0);
    expect(at(id).x + 200).toBeLessThan(container.width ?? 0);
  }
});

test("search finds names and texts in settings, and replaces those", () => {
  expect(searchFlow(sampleGraph, "INPUT.WHO")).toEqual([
    { node: "text", field: "settings.template", text: "Hi {{ input.who }}" },
  ]);
  const graph = replaceInFlow(sampleGraph, "Hi", "Hello");
  expect(graph.nodes[1]?.settings.template).toBe("Hello {{ input.who }}");
  expect(replaceInFlow(sampleGraph, "nowhere", "x")).toBe(sampleGraph);
});

test("everything before or behind a node can be chosen", () => {
  expect([...reach(sampleGraph, ["text"], "downstream")]).toEqual(["text", "done"]);
  expect([...reach(sampleGraph, ["text"], "upstream")].sort()).toEqual(["start", "text"]);
});
