/** A flow as the back end stores it. Values are never changed in place: operations make new ones. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type Settings = { [key: string]: Json };

export interface Policy {
  retry?: { max?: number; wait_ms?: number; factor?: number; max_wait_ms?: number };
  timeout_ms?: number;
  on_error?: { action: "stop" } | { action: "branch" } | { action: "continue"; output?: Settings };
}

export interface FlowNode {
  id: string;
  type: string;
  version: number;
  name?: string;
  settings: Settings;
  /** The container it stands in. */
  parent?: string;
  disabled?: boolean;
  notes?: string;
  policy?: Policy;
}

export interface End {
  node: string;
  port: string;
}

export interface FlowEdge {
  id: string;
  from: End;
  to: End;
  kind: "data" | "control";
}

export interface Variable {
  name: string;
  type: string;
  value: Json;
  description?: string;
}

export interface Group {
  id: string;
  title: string;
  nodes: string[];
  color?: string;
}

export interface StickyNote {
  id: string;
  text: string;
  color?: string;
}

/** In pixels of the canvas; inside a container, from its corner. */
export interface Place {
  x: number;
  y: number;
  width?: number;
  height?: number;
  collapsed?: boolean;
}

export type Places = Record<string, Place>;

export interface Layout {
  nodes: Places;
  groups: Places;
  notes: Places;
}

export interface Graph {
  schema: number;
  nodes: FlowNode[];
  edges: FlowEdge[];
  variables: Variable[];
  groups: Group[];
  notes: StickyNote[];
  layout: Layout;
}

/** The form of the API, where everything that is empty is left out. */
export type StoredGraph = Partial<Omit<Graph, "layout">> & { layout?: Partial<Layout> };

export const emptyGraph: Graph = {
  schema: 1,
  nodes: [],
  edges: [],
  variables: [],
  groups: [],
  notes: [],
  layout: { nodes: {}, groups: {}, notes: {} },
};

export function readGraph(stored: StoredGraph): Graph {
  return {
    schema: stored.schema ?? 1,
    nodes: (stored.nodes ?? []).map((node) => ({
      ...node,
      version: node.version ?? 1,
      settings: node.settings ?? {},
    })),
    edges: (stored.edges ?? []).map((edge) => ({ ...edge, kind: edge.kind ?? "data" })),
    variables: stored.variables ?? [],
    groups: (stored.groups ?? []).map((group) => ({ ...group, nodes: group.nodes ?? [] })),
    notes: stored.notes ?? [],
    layout: {
      nodes: stored.layout?.nodes ?? {},
      groups: stored.layout?.groups ?? {},
      notes: stored.layout?.notes ?? {},
    },
  };
}

/** The one form that the back end writes: sorted, without what is empty, places rounded. */
export function writeGraph(graph: Graph): StoredGraph {
  const { nodes, edges, variables, groups, notes } = graph;
  const stored: StoredGraph = {
    schema: graph.schema,
    nodes: byKey(nodes, (node) => node.id).map(lean),
    edges: byKey(edges, (edge) => edge.id),
  };
  if (variables.length > 0) stored.variables = byKey(variables, ({ name }) => name).map(lean);
  if (groups.length > 0) {
    stored.groups = byKey(groups, ({ id }) => id).map((group) => ({
      ...lean(group),
      nodes: [...new Set(group.nodes)].sort(),
    }));
  }
  if (notes.length > 0) stored.notes = byKey(notes, ({ id }) => id).map(lean);
  const layout = {
    nodes: placesOf(graph.layout.nodes, nodes),
    groups: placesOf(graph.layout.groups, groups),
    notes: placesOf(graph.layout.notes, notes),
  };
  const drawn = Object.entries(layout).filter(([, places]) => Object.keys(places).length > 0);
  if (drawn.length > 0) stored.layout = Object.fromEntries(drawn);
  return stored;
}

function byKey<T>(list: T[], key: (one: T) => string): T[] {
  return [...list].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** Without the fields that the API leaves out when they say nothing. */
function lean<T extends object>(thing: T): T {
  const optional = new Set(["name", "notes", "disabled", "parent", "policy", "description", "color"]);
  const isEmpty = (value: unknown) =>
    value === undefined ||
    value === null ||
    value === "" ||
    value === false ||
    (typeof value === "object" && Object.keys(value as object).length === 0);
  // A variable's name is its key, and never empty.
  const kept = Object.entries(thing).filter(([key, value]) => !(optional.has(key) && isEmpty(value)));
  return Object.fromEntries(kept) as T;
}

function placesOf(places: Places, things: { id: string }[]): Places {
  const kept: Places = {};
  for (const { id } of byKey(things, (thing) => thing.id)) {
    const place = places[id];
    if (place) kept[id] = rounded(place);
  }
  return kept;
}

function rounded(place: Place): Place {
  const round = (length: number) => Math.round(length * 100) / 100;
  const written: Place = { x: round(place.x), y: round(place.y) };
  if (place.width !== undefined) written.width = round(place.width);
  if (place.height !== undefined) written.height = round(place.height);
  if (place.collapsed) written.collapsed = true;
  return written;
}

/** Nodes by key, for each list of nodes that is asked: graphs are never changed in place. */
const indexes = new WeakMap<FlowNode[], Map<string, FlowNode>>();

/** The node with this key; each node on the canvas asks at each change, so nothing is searched. */
export function nodeOf(graph: Graph, id: string): FlowNode | undefined {
  let index = indexes.get(graph.nodes);
  if (!index) {
    index = new Map(graph.nodes.map((node) => [node.id, node]));
    indexes.set(graph.nodes, index);
  }
  return index.get(id);
}

const edgeIndexes = new WeakMap<FlowEdge[], Map<string, FlowEdge>>();

/** The edge with this id; asked as often as {@link nodeOf}. */
export function edgeOf(graph: Graph, id: string): FlowEdge | undefined {
  let index = edgeIndexes.get(graph.edges);
  if (!index) {
    index = new Map(graph.edges.map((edge) => [edge.id, edge]));
    edgeIndexes.set(graph.edges, index);
  }
  return index.get(id);
}

/** `a-z`, then up to 63 of `a-z 0-9 _`: what expressions can name. */
export function isKey(text: string): boolean {
  return /^[a-z][a-z0-9_]{0,63}$/.test(text);
}

/** A key made of a text: "Text generation" is `text_generation`. */
export function keyOf(text: string): string {
  const plain = text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const key = plain.replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "");
  return key.slice(0, 48) || "node";
}

/** The key itself, or with the first number that makes it new. */
export function freeKey(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let number = 2; ; number += 1) {
    const key = `${wanted}_${number}`;
    if (!taken.has(key)) return key;
  }
}

/** All nodes inside of containers, at any depth, with the containers themselves. */
export function withInside(graph: Graph, ids: Iterable<string>): Set<string> {
  const found = new Set(ids);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const node of graph.nodes) if (node.parent && found.has(node.parent)) found.add(node.id);
  }
  return found;
}
