/** What the person can do, whether by toolbar, keyboard, canvas or outline. */
import { showDone, showFailure } from "../../components/toast";
import { copyPart, pastePart, readPart } from "../../flow/fragment";
import { type End, type Graph, nodeOf, type Place } from "../../flow/graph";
import type { NodeType } from "../../flow/node-type";
import * as does from "../../flow/operations";
import { pin, unpin } from "../../flow/pins";
import { type Connection, entryFor, exitFor, judgeConnection } from "../../flow/ports";
import { sizeOf } from "./canvas/sizes";
import { usePin } from "./panel/texts";
import { type FlowSession, nothing, type PickerWish, type Selection } from "./session";
import { useFlow } from "./texts";

export function select(session: FlowSession, selection: Partial<Selection>): void {
  session.ui.set({ selection: { ...nothing, ...selection } });
}

/** Chooses a node and brings it into view. */
export function goTo(session: FlowSession, node: string): void {
  select(session, { nodes: [node] });
  session.ui.set({ look: { nodes: [node] } });
}

export function titleOf(session: FlowSession, id: string): string {
  const node = nodeOf(session.editor.graph, id);
  return node ? node.name || session.book.types.get(node.type)?.title || id : id;
}

/** Where things are on the whole canvas, through all containers. */
export function absolutePlace(graph: Graph, id: string): { x: number; y: number } {
  const node = nodeOf(graph, id);
  const place = graph.layout.nodes[id] ?? { x: 0, y: 0 };
  if (!node?.parent) return { x: place.x, y: place.y };
  const outer = absolutePlace(graph, node.parent);
  return { x: outer.x + place.x, y: outer.y + place.y };
}

/** A free place at the right of a node. */
function beside(session: FlowSession, id: string): Place {
  const { graph } = session.editor;
  const node = nodeOf(graph, id);
  const place = graph.layout.nodes[id] ?? { x: 0, y: 0 };
  const x = place.x + sizeOf(session, id).width + 80;
  let { y } = place;
  const level = graph.nodes.filter((one) => one.parent === node?.parent);
  const isTaken = () =>
    level.some((one) => {
      const other = graph.layout.nodes[one.id];
      return other && Math.abs(other.x - x) < 180 && Math.abs(other.y - y) < 90;
    });
  while (isTaken()) y += 110;
  return { x, y };
}

/** Makes a node of the type that was picked, connected as the wish says, and chooses it. */
export function addPicked(session: FlowSession, type: NodeType, wish: PickerWish): string {
  const { editor, book } = session;
  let made = "";
  const before = editor.graph;
  const neighbour = wish.from?.node ?? wish.to?.node;
  const edge = wish.edge ? before.edges.find(({ id }) => id === wish.edge) : undefined;
  const sibling = edge ? nodeOf(before, edge.to.node) : neighbour ? nodeOf(before, neighbour) : undefined;
  const parent = wish.parent ?? parentFor(before, wish, sibling?.parent);
  editor.apply({ key: edge ? "insert" : "add", values: { what: type.title } }, (graph) => {
    const place =
      wish.place ??
      (neighbour && nodeOf(graph, neighbour)?.parent === parent
        ? beside(session, neighbour)
        : edge
          ? between(graph, edge.from.node, edge.to.node)
          : { x: 40, y: 70 });
    const added = does.addNode(graph, type, place, parent);
    made = added.id;
    let next = added.graph;
    const join = (from: End, to: End) => {
      const judged = judgeConnection(next, book, from, to);
      if (!("refused" in judged)) next = does.connect(next, from, to, judged.kind, judged.replaces);
    };
    const ports = type.ports;
    const from =
      wish.from ?? (edge ? { ...edge.from, type: typeAt(session, edge.from, "outputs") } : undefined);
    if (edge) next = does.remove(next, { edges: [edge.id] });
    if (from) {
      const entry = entryFor(from.type, ports);
      if (entry) join({ node: from.node, port: from.port }, { node: made, port: entry.name });
    }
    const to = wish.to ?? (edge ? { ...edge.to, type: typeAt(session, edge.to, "inputs") } : undefined);
    if (to) {
      const exit = exitFor(to.type, ports);
      if (exit) join({ node: made, port: exit.name }, { node: to.node, port: to.port });
    }
    return next;
  });
  select(session, { nodes: [made] });
  session.ui.set({ tab: "settings" });
  return made;
}

/** From an inner port of a container one goes inside of it. */
function parentFor(graph: Graph, wish: PickerWish, sibling: string | undefined): string | undefined {
  const end = wish.from ?? wish.to;
  if (end?.isInner) return end.node;
  return end && nodeOf(graph, end.node) ? nodeOf(graph, end.node)?.parent : sibling;
}

function between(graph: Graph, from: string, to: string): Place {
  const [a, b] = [graph.layout.nodes[from], graph.layout.nodes[to]];
  if (!a || !b) return { x: 40, y: 70 };
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + 60 };
}

/** The type of the port at an end of an edge. */
function typeAt(session: FlowSession, end: End, side: "inputs" | "outputs"): string {
  const node = nodeOf(session.editor.graph, end.node);
  if (!node) return "any";
  const ports = session.book.of(node);
  const found = [...ports[side], ...(ports[`inner_${side}`] ?? [])].find(({ name }) => name === end.port);
  return found?.type ?? "any";
}

/** Opens the list of nodes; with a node chosen, what is picked is connected behind it. */
export function openPicker(session: FlowSession): void {
  const [id] = session.ui.get().selection.nodes;
  const node = id ? nodeOf(session.editor.graph, id) : undefined;
  const outputs = node ? session.book.of(node).outputs : [];
  const port = outputs.find(({ type }) => type !== "control") ?? outputs[0];
  const from = node && port ? { node: node.id, port: port.name, type: port.type } : undefined;
  session.ui.set({ picker: from ? { from } : {} });
}

/** Draws an edge, or says why it cannot be. */
export function connect(session: FlowSession, from: End, to: End): boolean {
  const judged = judgeConnection(session.editor.graph, session.book, from, to);
  if ("refused" in judged) {
    if (judged.refused !== "exists") showFailure(new Error(refusal(judged)));
    return false;
  }
  session.editor.apply({ key: "connect" }, (graph) =>
    does.connect(graph, from, to, judged.kind, judged.replaces),
  );
  return true;
}

export function refusal(judged: Extract<Connection, { refused: unknown }>): string {
  return useFlow.get(`refused.${judged.refused}`, { from: judged.from, to: judged.to });
}

export function removeSelection(session: FlowSession): void {
  const { selection } = session.ui.get();
  const count = Object.values(selection).reduce((sum, ids) => sum + ids.length, 0);
  if (count === 0) return;
  session.editor.apply({ key: "remove", values: { count } }, (graph) => does.remove(graph, selection));
  select(session, {});
}

export function selectAll(session: FlowSession): void {
  const { nodes, notes } = session.editor.graph;
  select(session, { nodes: nodes.map(({ id }) => id), notes: notes.map(({ id }) => id) });
}

export function pasteText(session: FlowSession, text: string, shift = { x: 40, y: 40 }): boolean {
  const part = readPart(text);
  if (!part || part.nodes.length + part.notes.length === 0) return false;
  let chosen: Partial<Selection> = {};
  session.editor.apply({ key: "paste", values: { count: part.nodes.length } }, (graph) => {
    const pasted = pastePart(graph, part, shift);
    chosen = pasted;
    return pasted.graph;
  });
  select(session, { nodes: chosen.nodes, notes: chosen.notes });
  return true;
}

export function duplicateSelection(session: FlowSession): void {
  const { selection } = session.ui.get();
  const part = readPart(copyPart(session.editor.graph, selection));
  if (!part || part.nodes.length + part.notes.length === 0) return;
  let chosen: Partial<Selection> = {};
  session.editor.apply({ key: "duplicate", values: { count: part.nodes.length } }, (graph) => {
    const pasted = pastePart(graph, part, { x: 40, y: 40 });
    chosen = pasted;
    return pasted.graph;
  });
  select(session, { nodes: chosen.nodes, notes: chosen.notes });
}

export function toggleDisabled(session: FlowSession): void {
  const { nodes } = session.ui.get().selection;
  if (nodes.length === 0) return;
  const isOn = nodes.some((id) => !nodeOf(session.editor.graph, id)?.disabled);
  session.editor.apply({ key: isOn ? "disable" : "enable", values: { count: nodes.length } }, (graph) =>
    does.setDisabled(graph, nodes, isOn),
  );
}

/** Pins what the chosen nodes gave in the run that is shown; those that are pinned are freed if all are. */
export function togglePins(session: FlowSession): void {
  const { nodes } = session.ui.get().selection;
  const pinned = session.pins.get().outputs;
  const work = session.run.get().nodes;
  const [first] = nodes;
  if (first === undefined) return;
  if (nodes.every((id) => pinned[id] !== undefined)) {
    for (const id of nodes) unpin(session.pins, id);
    showDone(usePin.get("cleared", { name: titleOf(session, first) }));
    return;
  }
  const given = nodes.filter((id) => work[id]?.status === "done" && work[id]?.output !== undefined);
  for (const id of given) pin(session.pins, id, work[id]?.output ?? {});
  if (given[0] !== undefined) showDone(usePin.get("done", { name: titleOf(session, given[0]) }));
}

export function groupSelection(session: FlowSession): void {
  const { graph } = session.editor;
  const { nodes } = session.ui.get().selection;
  const level = nodeOf(graph, nodes[0] ?? "")?.parent;
  const members = nodes.filter((id) => nodeOf(graph, id)?.parent === level);
  if (members.length === 0) return;
  let made = "";
  session.editor.apply({ key: "group", values: { count: members.length } }, (before) => {
    const grouped = does.group(before, members, useFlow.get("group.title"));
    made = grouped.id;
    return grouped.graph;
  });
  select(session, { groups: [made] });
}

export function ungroupSelection(session: FlowSession): void {
  const { nodes, groups } = session.ui.get().selection;
  const found = session.editor.graph.groups.filter(
    (group) => groups.includes(group.id) || group.nodes.some((id) => nodes.includes(id)),
  );
  if (found.length === 0) return;
  session.editor.apply({ key: "ungroup" }, (graph) =>
    does.remove(graph, { groups: found.map(({ id }) => id) }),
  );
}

export function addNote(session: FlowSession, place: Place): void {
  let made = "";
  session.editor.apply({ key: "note" }, (graph) => {
    const added = does.addNote(graph, place);
    made = added.id;
    return added.graph;
  });
  select(session, { notes: [made] });
}

/** Arranges everything. */
export async function arrange(session: FlowSession): Promise<void> {
  const { autoLayout } = await import("../../flow/auto-layout");
  session.editor.apply({ key: "layout" }, (graph) =>
    does.move(graph, { nodes: autoLayout(graph, (id) => sizeOf(session, id)) }),
  );
  session.ui.set({ look: { nodes: [] } });
}

export function undo(session: FlowSession): void {
  if (session.editor.undo()) prune(session);
}

export function redo(session: FlowSession): void {
  if (session.editor.redo()) prune(session);
}

/** What is chosen must be there. */
function prune(session: FlowSession): void {
  const { graph } = session.editor;
  const { selection } = session.ui.get();
  const kept = (ids: string[], things: { id: string }[]) => {
    const there = new Set(things.map(({ id }) => id));
    return ids.filter((id) => there.has(id));
  };
  session.ui.set({
    selection: {
      nodes: kept(selection.nodes, graph.nodes),
      edges: kept(selection.edges, graph.edges),
      notes: kept(selection.notes, graph.notes),
      groups: kept(selection.groups, graph.groups),
    },
  });
}

export async function saveNow(session: FlowSession): Promise<boolean> {
  const isSaved = await session.draft.flush();
  if (isSaved) showDone(useFlow.get("save.done"));
  return isSaved;
}
