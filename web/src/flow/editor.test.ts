import fc from "fast-check";
import { expect, test } from "vitest";
import { autoLayout } from "./auto-layout";
import { Editor } from "./editor";
import { copyPart, pastePart, readPart } from "./fragment";
import { type Graph, readGraph, writeGraph } from "./graph";
import * as does from "./operations";
import { judgeConnection } from "./ports";
import { sampleBook, sampleGraph, sampleTypes } from "./sample";
import { replaceInFlow } from "./search";

const book = sampleBook();

/** A graph that cannot be changed in place: an operation that tries throws. */
function frozen<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const one of Object.values(value)) frozen(one);
  }
  return value;
}

type Change = (graph: Graph) => Graph;
const pick = <T>(list: T[], at: number): T | undefined => (list.length ? list[at % list.length] : undefined);

/** Any operation of the editor, made of a few numbers. */
const operation: fc.Arbitrary<{ name: string; change: Change; merge?: string }> = fc
  .tuple(fc.nat(18), fc.nat(200), fc.nat(200), fc.integer({ min: -900, max: 900 }), fc.string())
  .map(([which, a, b, x, text]) => {
    const node = (graph: Graph, at: number) => pick(graph.nodes, at)?.id ?? "";
    const changes: [string, Change][] = [
      ["add", (g) => does.addNode(g, sampleTypes[a % sampleTypes.length] as never, { x, y: b }).graph],
      [
        "add inside",
        (g) => {
          const container = g.nodes.find((one) => one.type === "logic.loop");
          const type = sampleTypes[a % sampleTypes.length] as never;
          return container ? does.addNode(g, type, { x: 1, y: 1 }, container.id).graph : g;
        },
      ],
      ["remove", (g) => does.remove(g, { nodes: [node(g, a)] })],
      ["cut edge", (g) => does.remove(g, { edges: [pick(g.edges, a)?.id ?? ""] })],
      ["move", (g) => does.move(g, { nodes: { [node(g, a)]: { x, y: b } } })],
      [
        "connect",
        (g) => {
          const [from, to] = [pick(g.nodes, a), pick(g.nodes, b)];
          const [output, input] = [from && book.of(from).outputs[0], to && book.of(to).inputs[0]];
          if (!from || !to || !output || !input) return g;
          const ends = [
            { node: from.id, port: output.name },
            { node: to.id, port: input.name },
          ] as const;
          const judged = judgeConnection(g, book, ...ends);
          return "refused" in judged ? g : does.connect(g, ...ends, judged.kind, judged.replaces);
        },
      ],
      ["settings", (g) => does.setSettings(g, node(g, a), { template: text, list: [x, text] })],
      ["name", (g) => does.setName(g, node(g, a), text)],
      ["disable", (g) => does.setDisabled(g, [node(g, a), node(g, b)], x > 0)],
      ["policy", (g) => does.setPolicy(g, node(g, a), x > 0 ? { on_error: { action: "branch" } } : {})],
      [
        "key",
        (g) => (g.nodes.some(({ id }) => id === `key_${b}`) ? g : does.renameNode(g, node(g, a), `key_${b}`)),
      ],
      ["group", (g) => (g.nodes.length ? does.group(g, [node(g, a), node(g, b)], text).graph : g)],
      ["ungroup", (g) => does.remove(g, { groups: [pick(g.groups, a)?.id ?? ""] })],
      ["note", (g) => does.addNote(g, { x, y: b }, text).graph],
      ["note text", (g) => does.setNote(g, pick(g.notes, a)?.id ?? "", { text })],
      [
        "paste",
        (g) => {
          const part = readPart(
            copyPart(g, { nodes: [node(g, a), node(g, b)], notes: g.notes.map((n) => n.id) }),
          );
          return part ? pastePart(g, part, { x: 20, y: 20 }).graph : g;
        },
      ],
      ["layout", (g) => does.move(g, { nodes: autoLayout(g, () => ({ width: 220, height: 90 })) })],
      ["parent", (g) => does.setParent(g, node(g, a), x > 0 ? node(g, b) : undefined, { x: 1, y: 1 })],
      ["replace", (g) => replaceInFlow(g, text.slice(0, 1), "")],
    ];
    const [name, change] = changes[which % changes.length] as [string, Change];
    return { name, change, merge: a % 3 === 0 ? name : undefined };
  });

test("after any operations, undoing all gives the start and redoing all the end, step by step", () => {
  let at = 0;
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), fc.array(fc.nat(2_000)), (operations, pauses) => {
      const editor = new Editor(frozen(sampleGraph), () => at);
      const start = editor.graph;
      for (const [index, { name, change, merge }] of operations.entries()) {
        at += pauses[index] ?? 100;
        editor.apply({ key: "add", values: { name } }, (graph) => frozen(change(graph)), merge);
      }
      const end = editor.graph;
      const states = [start, ...editor.getHistory().past.map((step) => step.after)];
      for (const state of states.slice(0, -1).reverse()) {
        editor.undo();
        expect(editor.graph).toBe(state);
      }
      expect(editor.undo()).toBeUndefined();
      expect(editor.graph).toBe(start);
      for (const state of states.slice(1)) {
        editor.redo();
        expect(editor.graph).toBe(state);
      }
      expect(editor.redo()).toBeUndefined();
      expect(editor.graph).toBe(end);
    }),
    { numRuns: 60 },
  );
}, 60_000);

test("after any operations, keys are unique, edges have their ends, and the text reads back the same", () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const graph = operations.reduce((state, { change }) => change(state), sampleGraph);
      const ids = new Set(graph.nodes.map(({ id }) => id));
      expect(ids.size).toBe(graph.nodes.length);
      expect(new Set(graph.edges.map(({ id }) => id)).size).toBe(graph.edges.length);
      expect(graph.edges.every(({ from, to }) => ids.has(from.node) && ids.has(to.node))).toBe(true);
      expect(graph.nodes.every(({ parent }) => !parent || ids.has(parent))).toBe(true);
      expect(graph.groups.every(({ nodes }) => nodes.every((id) => ids.has(id)))).toBe(true);
      const written = JSON.stringify(writeGraph(graph));
      expect(JSON.stringify(writeGraph(readGraph(JSON.parse(written))))).toBe(written);
    }),
    { numRuns: 60 },
  );
}, 60_000);

const type = (editor: Editor, text: string) =>
  editor.apply({ key: "settings" }, (g) => does.setSettings(g, "text", { template: text }), "settings:text");

test("typing is one step until a pause, or until something else is done", () => {
  let at = 0;
  const editor = new Editor(sampleGraph, () => at);
  for (const text of ["H", "He", "Hel"]) {
    at += 300;
    type(editor, text);
  }
  expect(editor.getHistory().past).toHaveLength(1);
  at += 5_000;
  type(editor, "Hell");
  editor.apply({ key: "rename" }, (g) => does.setName(g, "text", "Greeting"));
  type(editor, "Hello");
  expect(editor.getHistory().past).toHaveLength(4);
  editor.undo();
  editor.redo();
  type(editor, "Hello!");
  expect(editor.getHistory().past).toHaveLength(5);
});

test("what changes nothing is no step, loading is none, and a new step forgets what was undone", () => {
  const editor = new Editor(sampleGraph);
  editor.apply({ key: "move" }, (graph) => graph);
  expect(editor.getHistory().past).toHaveLength(0);
  type(editor, "a");
  editor.undo();
  expect(editor.getHistory().future).toHaveLength(1);
  editor.apply({ key: "rename" }, (g) => does.setName(g, "text", "x"));
  expect(editor.getHistory().future).toHaveLength(0);
  editor.load(sampleGraph);
  expect(editor.undo()).toBeUndefined();
});

test("at least 200 steps can be undone, and the panel goes to any of them", () => {
  const editor = new Editor(sampleGraph);
  for (let step = 0; step < 600; step += 1) {
    type(editor, `${step}`);
    editor.seal();
  }
  expect(editor.getHistory().past.length).toBeGreaterThanOrEqual(200);
  const wanted = editor.getHistory().past[119]?.after;
  editor.goTo(120);
  expect(editor.graph).toBe(wanted);
  editor.goTo(300);
  expect(editor.getHistory().past).toHaveLength(300);
});
