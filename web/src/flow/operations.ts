/** What can be done to a flow. Each function gives a new graph and leaves the old one as it was. */
import {
  type End,
  type FlowEdge,
  type FlowNode,
  freeKey,
  type Graph,
  isKey,
  keyOf,
  nodeOf,
  type Place,
  type Places,
  type Policy,
  type Settings,
  type Variable,
  withInside,
} from "./graph";
import { firstSettings, type NodeType } from "./node-type";
import { renameNodeIn } from "./references";

export function nodeKeys(graph: Graph): Set<string> {
  return new Set(graph.nodes.map((node) => node.id));
}

function edgeKey(graph: Graph): string {
  const taken = new Set(graph.edges.map((edge) => edge.id));
  let number = graph.edges.length + 1;
  while (taken.has(`e${number}`)) number += 1;
  return `e${number}`;
}

export const containerSize = { width: 460, height: 260 };

export function addNode(
  graph: Graph,
  type: NodeType,
  place: Place,
  parent?: string,
): { graph: Graph; id: string } {
  const word = type.type.split(".").pop() ?? type.type;
  const id = freeKey(isKey(word) ? word : keyOf(type.title), nodeKeys(graph));
  const node: FlowNode = { id, type: type.type, version: type.version, settings: firstSettings(type) };
  if (parent) node.parent = parent;
  const placed = type.role === "container" ? { ...containerSize, ...place } : place;
  return {
    id,
    graph: { ...graph, nodes: [...graph.nodes, node], layout: placeNodes(graph, { [id]: placed }) },
  };
}

function placeNodes(graph: Graph, places: Places): Graph["layout"] {
  return { ...graph.layout, nodes: { ...graph.layout.nodes, ...places } };
}

export interface Things {
  nodes?: Iterable<string>;
  edges?: Iterable<string>;
  groups?: Iterable<string>;
  notes?: Iterable<string>;
}

/** Removes things, what stands inside of containers, and edges that lose an end. */
export function remove(graph: Graph, things: Things): Graph {
  const nodes = withInside(graph, things.nodes ?? []);
  const edges = new Set(things.edges ?? []);
  const groups = new Set(things.groups ?? []);
  const notes = new Set(things.notes ?? []);
  const without = (places: Places, gone: Set<string>) =>
    Object.fromEntries(Object.entries(places).filter(([id]) => !gone.has(id)));
  const left = graph.groups
    .filter((group) => !groups.has(group.id))
    .map((group) =>
      group.nodes.some((id) => nodes.has(id))
        ? { ...group, nodes: group.nodes.filter((id) => !nodes.has(id)) }
        : group,
    )
    .filter((group) => group.nodes.length > 0);
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => !nodes.has(node.id)),
    edges: graph.edges.filter(
      (edge) => !edges.has(edge.id) && !nodes.has(edge.from.node) && !nodes.has(edge.to.node),
    ),
    groups: left,
    notes: graph.notes.filter((note) => !notes.has(note.id)),
    layout: {
      nodes: without(graph.layout.nodes, nodes),
      groups: without(graph.layout.groups, groups),
      notes: without(graph.layout.notes, notes),
    },
  };
}

export function move(graph: Graph, places: { nodes?: Places; notes?: Places; groups?: Places }): Graph {
  const merge = (old: Places, moved: Places = {}) => {
    const next = { ...old };
    for (const [id, place] of Object.entries(moved)) next[id] = { ...old[id], ...place };
    return next;
  };
  const { layout } = graph;
  return {
    ...graph,
    layout: {
      nodes: merge(layout.nodes, places.nodes),
      notes: merge(layout.notes, places.notes),
      groups: merge(layout.groups, places.groups),
    },
  };
}

export function connect(
  graph: Graph,
  from: End,
  to: End,
  kind: FlowEdge["kind"],
  replaces: FlowEdge[] = [],
): Graph {
  const gone = new Set(replaces.map((edge) => edge.id));
  const edge = { id: edgeKey(graph), from, to, kind };
  return { ...graph, edges: [...graph.edges.filter((one) => !gone.has(one.id)), edge] };
}

function changeNode(graph: Graph, id: string, change: (node: FlowNode) => FlowNode): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => (node.id === id ? change(node) : node)) };
}

export function setSettings(graph: Graph, id: string, settings: Settings): Graph {
  return changeNode(graph, id, (node) => ({ ...node, settings }));
}

export function setName(graph: Graph, id: string, name: string): Graph {
  return changeNode(graph, id, (node) => ({ ...node, name }));
}

export function setNodeNotes(graph: Graph, id: string, notes: string): Graph {
  return changeNode(graph, id, (node) => ({ ...node, notes }));
}

export function setPolicy(graph: Graph, id: string, policy: Policy): Graph {
  const next = changeNode(graph, id, (node) => ({ ...node, policy }));
  if (policy.on_error?.action === "branch") return next;
  // The port `error` goes away, and so does what begins at it.
  const node = nodeOf(graph, id);
  if (node?.policy?.on_error?.action !== "branch") return next;
  return {
    ...next,
    edges: next.edges.filter((edge) => edge.from.node !== id || edge.from.port !== "error"),
  };
}

export function setDisabled(graph: Graph, ids: Iterable<string>, disabled: boolean): Graph {
  const set = new Set(ids);
  return { ...graph, nodes: graph.nodes.map((node) => (set.has(node.id) ? { ...node, disabled } : node)) };
}

/** Gives a node another key; edges and expressions follow. */
export function renameNode(graph: Graph, id: string, next: string): Graph {
  if (id === next) return graph;
  const end = (one: End) => (one.node === id ? { ...one, node: next } : one);
  const renamed = renameNodeIn(graph, id, next);
  const { [id]: place, ...others } = graph.layout.nodes;
  return {
    ...renamed,
    nodes: renamed.nodes.map((node) => ({
      ...node,
      id: node.id === id ? next : node.id,
      ...(node.parent === id ? { parent: next } : {}),
    })),
    edges: graph.edges.map((edge) =>
      edge.from.node === id || edge.to.node === id
        ? { ...edge, from: end(edge.from), to: end(edge.to) }
        : edge,
    ),
    groups: graph.groups.map((group) => ({
      ...group,
      nodes: group.nodes.map((one) => (one === id ? next : one)),
    })),
    layout: { ...graph.layout, nodes: place ? { ...others, [next]: place } : others },
  };
}

/** Puts a node into a container, or out of all; edges that would cross a border go. */
export function setParent(graph: Graph, id: string, parent: string | undefined, place: Place): Graph {
  const inside = withInside(graph, [id]);
  if (parent && inside.has(parent)) return graph;
  const next = changeNode(graph, id, ({ parent: _, ...node }) => (parent ? { ...node, parent } : node));
  const parentOf = new Map(next.nodes.map((node) => [node.id, node.parent]));
  const isNear = ({ from, to }: FlowEdge) =>
    parentOf.get(from.node) === parentOf.get(to.node) ||
    parentOf.get(to.node) === from.node ||
    parentOf.get(from.node) === to.node;
  return {
    ...next,
    // Ports of the inside are others than those of the outside: an edge to the container itself goes, too.
    edges: next.edges.filter(
      (edge) => (edge.from.node !== id && edge.to.node !== id) || (isNear(edge) && wasNear(graph, edge)),
    ),
    layout: placeNodes(graph, { [id]: { ...graph.layout.nodes[id], ...place } }),
  };
}

function wasNear(graph: Graph, edge: FlowEdge): boolean {
  const parentOf = (id: string) => nodeOf(graph, id)?.parent;
  return parentOf(edge.from.node) === parentOf(edge.to.node);
}

/** Frames nodes of one level; they leave the groups they were in. */
export function group(graph: Graph, ids: string[], title: string): { graph: Graph; id: string } {
  const id = freeKey("group", new Set(graph.groups.map((one) => one.id)));
  const left = ungroupNodes(graph, ids);
  const made = { id, title, nodes: [...new Set(ids)].sort() };
  return { id, graph: { ...left, groups: [...left.groups, made] } };
}

function ungroupNodes(graph: Graph, ids: string[]): Graph {
  const set = new Set(ids);
  const groups = graph.groups
    .map((one) =>
      one.nodes.some((id) => set.has(id)) ? { ...one, nodes: one.nodes.filter((id) => !set.has(id)) } : one,
    )
    .filter((one) => one.nodes.length > 0);
  const kept = new Set(groups.map((one) => one.id));
  const places = Object.entries(graph.layout.groups).filter(([id]) => kept.has(id));
  return { ...graph, groups, layout: { ...graph.layout, groups: Object.fromEntries(places) } };
}

export function setGroup(graph: Graph, id: string, change: { title?: string; color?: string }): Graph {
  return { ...graph, groups: graph.groups.map((one) => (one.id === id ? { ...one, ...change } : one)) };
}

export function addNote(graph: Graph, place: Place, text = ""): { graph: Graph; id: string } {
  const id = freeKey("note", new Set(graph.notes.map((note) => note.id)));
  const notes = { ...graph.layout.notes, [id]: { width: 220, height: 140, ...place } };
  return {
    id,
    graph: { ...graph, notes: [...graph.notes, { id, text }], layout: { ...graph.layout, notes } },
  };
}

export function setNote(graph: Graph, id: string, change: { text?: string; color?: string }): Graph {
  return { ...graph, notes: graph.notes.map((note) => (note.id === id ? { ...note, ...change } : note)) };
}

export function setVariables(graph: Graph, variables: Variable[]): Graph {
  return { ...graph, variables };
}
