import { expect, test } from "vitest";
import { emptyGraph, type Graph } from "./graph";
import type { Port } from "./node-type";
import { passedOver } from "./passed-over";
import type { NodeWork } from "./run-state";

const port = (name: string, type: string): Port => ({ name, type, title: name }) as Port;
const outputs: Record<string, Port[]> = {
  start: [port("out", "control")],
  ask: [port("then", "control"), port("else", "control"), port("then_value", "any")],
};
const edge = (from: string, to: string) => {
  const [node = "", name = "out"] = from.split(".");
  return {
    id: `${from}-${to}`,
    from: { node, port: name },
    to: { node: to, port: "in" },
    kind: "control" as const,
  };
};
const graph: Graph = {
  ...emptyGraph,
  nodes: ["start", "ask", "yes", "after", "alone"].map((id) => ({ id, type: "t", version: 1, settings: {} })),
  edges: [edge("start", "ask"), edge("ask.then", "yes"), edge("yes", "after")],
};
const work = (status: NodeWork["status"], output = {}): NodeWork => ({
  status,
  output,
  count: 1,
  failures: 0,
  streamed: {},
  durationUs: 0,
  tokens: 0,
  nanoUsd: 0,
});
const why = (id: string, nodes: Record<string, NodeWork>, of: Graph = graph) =>
  passedOver(
    { graph: of, nodes, outputsOf: (node) => outputs[node] ?? [], isTrigger: (node) => node === "start" },
    id,
  );

test("the first reason on the way back is told", () => {
  const done = { start: work("done"), ask: work("done") };
  expect(why("after", done)).toEqual({ why: "branch", node: "ask", port: "then" });
  expect(why("after", { ...done, ask: work("failed") })).toEqual({ why: "failed", node: "ask" });
  expect(why("yes", { ...done, ask: work("waiting") })).toEqual({ why: "waits", node: "ask" });
  expect(why("start", {})).toEqual({ why: "trigger", node: "start" });
  expect(why("alone", done)).toEqual({ why: "unconnected", node: "alone" });
  const nodes = graph.nodes.map((node) => (node.id === "yes" ? { ...node, disabled: true } : node));
  expect(why("after", done, { ...graph, nodes })).toEqual({ why: "off", node: "yes" });
});

test("a value that did not come out is told, and a run that ended before a node tells nothing", () => {
  const drawn = { ...graph, edges: [edge("start", "ask"), edge("ask.then_value", "yes")] };
  const done = { start: work("done") };
  expect(why("yes", { ...done, ask: work("done", { else_value: 1 }) }, drawn)).toEqual({
    why: "branch",
    node: "ask",
    port: "then_value",
  });
  expect(why("yes", { ...done, ask: work("done", { then_value: null }) }, drawn)).toBeUndefined();
  expect(why("ask", done)).toBeUndefined();
});

test("flows that go in circles are no endless search", () => {
  const round = { ...graph, edges: [edge("yes", "after"), edge("after", "yes")] };
  expect(why("yes", {}, round)).toBeUndefined();
});
