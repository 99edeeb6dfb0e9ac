import { expect, test, vi } from "vitest";
import type { Graph } from "./graph";
import { addNode, connect, setPolicy } from "./operations";
import { entryFor, exitFor, judgeConnection } from "./ports";
import { sampleBook, sampleGraph, sampleTypes } from "./sample";

const book = sampleBook();
const typeOf = (id: string) => {
  const found = sampleTypes.find((type) => type.type === id);
  if (!found) throw new Error(id);
  return found;
};
const judge = (graph: Graph, from: string, to: string) => {
  const end = (text: string) => ({ node: text.split(".")[0] ?? "", port: text.split(".")[1] ?? "" });
  return judgeConnection(graph, book, end(from), end(to));
};

test("an edge into a control port carries the turn, one into another port the value", () => {
  expect(judge(sampleGraph, "start.out", "done.in")).toMatchObject({ kind: "control", conversion: "same" });
  expect(judge(sampleGraph, "start.input", "text.value")).toMatchObject({
    kind: "data",
    conversion: "always",
  });
});

test("an input that takes one edge gives up the one it had; the turn may come from several sides", () => {
  const judged = judge(sampleGraph, "start.input", "done.value");
  expect(judged).toMatchObject({ replaces: [{ id: "e2" }] });
  const graph = connect(sampleGraph, { node: "start", port: "out" }, { node: "done", port: "in" }, "control");
  expect(judge(graph, "text.out", "done.in")).toMatchObject({ replaces: [] });
});

test("what cannot be is refused with its reason", () => {
  expect(judge(sampleGraph, "text.out", "text.in")).toEqual({ refused: "self" });
  expect(judge(sampleGraph, "start.out", "done.value")).toEqual({
    refused: "type",
    from: "control",
    to: "any",
  });
  expect(judge(sampleGraph, "start.out", "text.in")).toEqual({ refused: "exists" });
  expect(judge(sampleGraph, "start.nothing", "text.in")).toEqual({ refused: "unknown" });
  const more = addNode(sampleGraph, typeOf("logic.if"), { x: 0, y: 0 });
  const chain = connect(more.graph, { node: "text", port: "out" }, { node: "if", port: "in" }, "control");
  expect(judge(chain, "if.yes", "text.in")).toEqual({ refused: "cycle" });
});

test("edges lead into a container by its inner ports only, and do not count as a way back", () => {
  const loop = addNode(sampleGraph, typeOf("logic.loop"), { x: 0, y: 0 });
  const { graph } = addNode(loop.graph, typeOf("data.template"), { x: 40, y: 60 }, "loop");
  expect(judge(graph, "loop.item", "template.value")).toMatchObject({ kind: "data" });
  expect(judge(graph, "template.text", "loop.result")).toMatchObject({ kind: "data" });
  expect(judge(graph, "text.text", "template.value")).toEqual({ refused: "border" });
  expect(judge(graph, "loop.results", "template.value")).toEqual({ refused: "unknown" });
});

test("ports that follow settings are asked for once, and the node keeps its ports until then", async () => {
  const ports = { inputs: [], outputs: [{ name: "home", type: "control", title: "Home" }] };
  const ask = vi.fn(() => Promise.resolve(ports));
  const asking = sampleBook(ask);
  const node = { id: "s", type: "logic.switch", version: 1, settings: { cases: [{ id: "home" }] } };
  expect(asking.of(node).outputs[0]?.name).toBe("otherwise");
  const heard = vi.fn();
  asking.subscribe(heard);
  await vi.waitFor(() => expect(heard).toHaveBeenCalled());
  expect(asking.of(node)).toBe(ports);
  const changed = { ...node, settings: { cases: [{ id: "abroad" }] } };
  expect(asking.of(changed)).toBe(ports);
  expect(ask).toHaveBeenCalledTimes(2);
});

test("the port `error` comes and goes with the policy, and its edges go with it", () => {
  const branching = setPolicy(sampleGraph, "text", { on_error: { action: "branch" } });
  const node = branching.nodes.find(({ id }) => id === "text");
  expect(node && book.of(node).outputs.map(({ name }) => name)).toEqual(["out", "text", "error"]);
  const drawn = connect(branching, { node: "text", port: "error" }, { node: "done", port: "in" }, "control");
  expect(setPolicy(drawn, "text", {}).edges.map(({ id }) => id)).toEqual(["e1", "e2"]);
});

test("a picked node is entered and left by the port that fits best", () => {
  expect(entryFor("string", typeOf("data.template").ports)?.name).toBe("value");
  expect(entryFor("control", typeOf("data.template").ports)?.name).toBe("in");
  expect(entryFor("image", typeOf("data.number").ports)?.name).toBe("in");
  expect(exitFor("image", typeOf("data.number").ports)?.name).toBe("picture");
  expect(exitFor("control", typeOf("logic.if").ports)?.name).toBe("yes");
});
