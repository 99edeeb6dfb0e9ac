/** Copying and pasting: a part of a flow as plain JSON, which other tabs and other servers can read. */
import {
  type FlowEdge,
  type FlowNode,
  freeKey,
  type Graph,
  type Group,
  type Places,
  readGraph,
  type StickyNote,
  type StoredGraph,
  withInside,
  writeGraph,
} from "./graph";
import { renameIn } from "./references";

const format = "nocode-ai/flow-part";

/** The chosen things as text, with the edges between them. */
export function copyPart(
  graph: Graph,
  chosen: { nodes: Iterable<string>; notes?: Iterable<string> },
): string {
  const nodes = withInside(graph, chosen.nodes);
  const notes = new Set(chosen.notes ?? []);
  const part: Graph = {
    ...graph,
    variables: [],
    nodes: graph.nodes
      .filter((node) => nodes.has(node.id))
      .map(({ parent, ...node }) => (parent && nodes.has(parent) ? { ...node, parent } : node)),
    edges: graph.edges.filter((edge) => nodes.has(edge.from.node) && nodes.has(edge.to.node)),
    groups: graph.groups.filter((group) => group.nodes.every((id) => nodes.has(id))),
    notes: graph.notes.filter((note) => notes.has(note.id)),
  };
  return JSON.stringify({ format, graph: writeGraph(part) }, null, 2);
}

/** The part that a text holds: a copied one, or a whole graph. */
export function readPart(text: string): Graph | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const held = value as { format?: unknown; graph?: unknown; nodes?: unknown };
  const graph = (held.format === format || held.graph ? held.graph : held) as StoredGraph | null;
  if (typeof graph !== "object" || graph === null || !Array.isArray(graph.nodes)) return undefined;
  const isNode = (node: unknown) =>
    typeof node === "object" &&
    node !== null &&
    typeof (node as FlowNode).id === "string" &&
    typeof (node as FlowNode).type === "string";
  const isEdge = (edge: unknown) =>
    typeof edge === "object" &&
    edge !== null &&
    typeof (edge as FlowEdge).from?.node === "string" &&
    typeof (edge as FlowEdge).to?.node === "string";
  if (!graph.nodes.every(isNode) || !(graph.edges ?? []).every(isEdge)) return undefined;
  return readGraph(graph);
}

export interface Pasted {
  graph: Graph;
  nodes: string[];
  notes: string[];
}

/** Adds a part under keys that are free here; edges and expressions between its nodes follow. */
export function pastePart(graph: Graph, part: Graph, shift: { x: number; y: number }): Pasted {
  const taken = new Set(graph.nodes.map((node) => node.id));
  const keys = new Map<string, string>();
  for (const { id } of part.nodes) {
    const key = freeKey(id, taken);
    taken.add(key);
    keys.set(id, key);
  }
  const of = (id: string) => keys.get(id) ?? id;
  const nodes = part.nodes.map((node): FlowNode => {
    const renamed = renameIn(node, keys);
    const copy: FlowNode = { ...renamed, id: of(node.id) };
    if (node.parent) copy.parent = of(node.parent);
    return copy;
  });
  const edgeKeys = new Set(graph.edges.map((edge) => edge.id));
  const edges = part.edges.map((edge): FlowEdge => {
    const id = freeKey(edge.id, edgeKeys);
    edgeKeys.add(id);
    const [from, to] = [
      { ...edge.from, node: of(edge.from.node) },
      { ...edge.to, node: of(edge.to.node) },
    ];
    return { ...edge, id, from, to };
  });
  const groups = newKeys(graph.groups, part.groups);
  const notes = newKeys(graph.notes, part.notes);
  const places: Places = {};
  for (const node of part.nodes) {
    const place = part.layout.nodes[node.id];
    if (!place) continue;
    places[of(node.id)] = node.parent ? place : { ...place, x: place.x + shift.x, y: place.y + shift.y };
  }
  const notePlaces: Places = {};
  for (const [old, { id }] of notes) {
    const place = part.layout.notes[old];
    if (place) notePlaces[id] = { ...place, x: place.x + shift.x, y: place.y + shift.y };
  }
  return {
    nodes: nodes.filter((node) => !node.parent).map((node) => node.id),
    notes: [...notes.values()].map((note) => note.id),
    graph: {
      ...graph,
      nodes: [...graph.nodes, ...nodes],
      edges: [...graph.edges, ...edges],
      groups: [
        ...graph.groups,
        ...[...groups.values()].map((group) => ({ ...group, nodes: group.nodes.map(of) })),
      ],
      notes: [...graph.notes, ...notes.values()],
      layout: {
        ...graph.layout,
        nodes: { ...graph.layout.nodes, ...places },
        notes: { ...graph.layout.notes, ...notePlaces },
      },
    },
  };
}

function newKeys<T extends Group | StickyNote>(there: T[], added: T[]): Map<string, T> {
  const taken = new Set(there.map((one) => one.id));
  const renamed = new Map<string, T>();
  for (const one of added) {
    const id = freeKey(one.id, taken);
    taken.add(id);
    renamed.set(one.id, { ...one, id });
  }
  return renamed;
}
