import type { Edge, Node } from "@xyflow/react";
import { type Graph, nodeOf } from "../../../flow/graph";
import type { FlowSession, Selection } from "../session";
import { handleId } from "./port-handle";
import { handlesOf, manyNodes, sizeOf } from "./sizes";

const folded = { width: 210, height: 44 };
const around = { left: 18, top: 40, right: 18, bottom: 18 };

/** Names of a node's ports, where its handles are told and not measured. */
function portsOf({ handles }: Node): string | undefined {
  return handles?.map(({ id }) => id).join();
}

/** How deep a node stands in containers: parents are drawn before what is in them. */
function depths(graph: Graph): Map<string, number> {
  const parentOf = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const depthOf = (id: string, left = 20): number => {
    const parent = parentOf.get(id);
    return parent && parentOf.has(parent) && left > 0 ? 1 + depthOf(parent, left - 1) : 0;
  };
  return new Map(graph.nodes.map((node) => [node.id, depthOf(node.id)]));
}

/** Nodes that a folded group hides, with that group. */
export function hiddenBy(graph: Graph): Map<string, string> {
  const hidden = new Map<string, string>();
  for (const group of graph.groups) {
    if (!graph.layout.groups[group.id]?.collapsed) continue;
    for (const id of group.nodes) hidden.set(id, group.id);
  }
  return hidden;
}

/** Everything of a flow as the canvas draws it. What stays the same is the same object as before. */
export function drawNodes(
  session: FlowSession,
  selection: Selection,
  before: readonly Node[],
  isEditable: boolean,
): Node[] {
  const { graph } = session.editor;
  const old = new Map(before.map((node) => [node.id, node]));
  const hidden = hiddenBy(graph);
  const chosen = new Set([
    ...selection.nodes,
    ...selection.notes.map((id) => `note:${id}`),
    ...selection.groups.map((id) => `group:${id}`),
  ]);
  const keep = (node: Node): Node => {
    const known = old.get(node.id);
    if (!known) return node;
    const isSame =
      known.position.x === node.position.x &&
      known.position.y === node.position.y &&
      known.selected === node.selected &&
      known.parentId === node.parentId &&
      known.hidden === node.hidden &&
      known.width === node.width &&
      known.height === node.height &&
      known.ariaLabel === node.ariaLabel &&
      known.draggable === node.draggable &&
      known.type === node.type &&
      portsOf(known) === portsOf(node);
    return isSame ? known : { ...node, measured: known.measured ?? node.measured };
  };
  const frames = graph.groups.flatMap((group): Node[] => {
    const boxes = group.nodes.flatMap((id) => {
      const place = graph.layout.nodes[id];
      return place && nodeOf(graph, id) ? [{ ...place, ...sizeOf(session, id) }] : [];
    });
    if (boxes.length === 0) return [];
    const left = Math.min(...boxes.map(({ x }) => x)) - around.left;
    const top = Math.min(...boxes.map(({ y }) => y)) - around.top;
    const right = Math.max(...boxes.map(({ x, width }) => x + width)) + around.right;
    const bottom = Math.max(...boxes.map(({ y, height }) => y + height)) + around.bottom;
    const isFolded = graph.layout.groups[group.id]?.collapsed ?? false;
    const parentId = nodeOf(graph, group.nodes[0] ?? "")?.parent;
    return [
      keep({
        id: `group:${group.id}`,
        type: "group-frame",
        data: {},
        position: { x: left, y: top },
        ...(isFolded ? folded : { width: right - left, height: bottom - top }),
        selected: chosen.has(`group:${group.id}`),
        draggable: isEditable,
        ariaLabel: group.title,
        zIndex: isFolded ? 1 : -1,
        ...(parentId ? { parentId } : {}),
      }),
    ];
  });
  const isLarge = graph.nodes.length > manyNodes;
  const depth = depths(graph);
  const sorted = [...graph.nodes].sort((a, b) => (depth.get(a.id) ?? 0) - (depth.get(b.id) ?? 0));
  let unplaced = 0;
  const nodes = sorted.map((node): Node => {
    const type = session.book.types.get(node.type);
    const place = graph.layout.nodes[node.id];
    const position = place ?? { x: 40 + (unplaced++ % 6) * 280, y: 60 + Math.floor(unplaced / 6) * 160 };
    const isContainer = type?.role === "container";
    const size = isContainer || isLarge ? sizeOf(session, node.id) : undefined;
    return keep({
      id: node.id,
      type: isContainer ? "container" : "card",
      data: {},
      position: { x: position.x, y: position.y },
      ...(isContainer ? size : {}),
      ...(isLarge && !isContainer ? { measured: size, handles: handlesOf(session, node) } : {}),
      selected: chosen.has(node.id),
      draggable: isEditable,
      hidden: hidden.has(node.id),
      ariaLabel: `${node.name || type?.title || node.type} (${node.id})`,
      ...(node.parent && nodeOf(graph, node.parent) ? { parentId: node.parent } : {}),
    });
  });
  const notes = graph.notes.map((note): Node => {
    const place = graph.layout.notes[note.id] ?? { x: 0, y: 0 };
    return keep({
      id: `note:${note.id}`,
      type: "note",
      data: {},
      position: { x: place.x, y: place.y },
      width: place.width ?? 220,
      height: place.height ?? 140,
      selected: chosen.has(`note:${note.id}`),
      draggable: isEditable,
      ariaLabel: note.text.slice(0, 80) || note.id,
    });
  });
  // A parent comes before what is in it; frames of the outermost level come first.
  const outer = frames.filter((frame) => !frame.parentId);
  const inner = frames.filter((frame) => frame.parentId);
  return [...outer, ...nodes, ...inner, ...notes];
}

export function drawEdges(graph: Graph, selection: Selection): Edge[] {
  const hidden = hiddenBy(graph);
  const parentOf = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  const chosen = new Set(selection.edges);
  return graph.edges.flatMap((edge): Edge[] => {
    const { from, to } = edge;
    if (!parentOf.has(from.node) || !parentOf.has(to.node)) return [];
    const [left, right] = [hidden.get(from.node), hidden.get(to.node)];
    if (left && left === right) return [];
    const isFromInside = parentOf.get(to.node) === from.node;
    const isToInside = parentOf.get(from.node) === to.node;
    return [
      {
        id: edge.id,
        type: "flow",
        source: left ? `group:${left}` : from.node,
        sourceHandle: left ? "out:" : handleId("out", from.port, isFromInside),
        target: right ? `group:${right}` : to.node,
        targetHandle: right ? "in:" : handleId("in", to.port, isToInside),
        selected: chosen.has(edge.id),
        focusable: true,
        ariaLabel: `${from.node}.${from.port} → ${to.node}.${to.port}`,
      },
    ];
  });
}
