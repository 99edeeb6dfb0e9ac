import type { Graph, Json } from "./graph";
import { mapTexts } from "./references";

export interface Match {
  node: string;
  /** Where: `name`, `settings.prompt`, … */
  field: string;
  text: string;
}

/** Where a text stands in a flow: keys, names, notes, and all texts of settings. */
export function searchFlow(graph: Graph, query: string): Match[] {
  const wanted = query.trim().toLowerCase();
  if (!wanted) return [];
  const found: Match[] = [];
  const look = (node: string, field: string, text: string) => {
    if (text.toLowerCase().includes(wanted)) found.push({ node, field, text });
  };
  for (const node of graph.nodes) {
    look(node.id, "id", node.id);
    look(node.id, "type", node.type);
    look(node.id, "name", node.name ?? "");
    look(node.id, "notes", node.notes ?? "");
    walk(node.settings, "settings", (field, text) => look(node.id, field, text));
  }
  return found;
}

function walk(value: Json, path: string, see: (field: string, text: string) => void): void {
  if (typeof value === "string") see(path, value);
  else if (Array.isArray(value)) {
    for (const [index, one] of value.entries()) walk(one, `${path}[${index}]`, see);
  } else if (value && typeof value === "object") {
    for (const [key, one] of Object.entries(value)) walk(one, `${path}.${key}`, see);
  }
}

/** Puts a text in the place of another, in all names, notes and settings. Keys stay. */
export function replaceInFlow(graph: Graph, query: string, replacement: string): Graph {
  if (!query) return graph;
  const change = (text: string) => text.replaceAll(query, replacement);
  let isSame = true;
  const nodes = graph.nodes.map((node) => {
    const settings = mapTexts(node.settings, change);
    const name = node.name === undefined ? undefined : change(node.name);
    const notes = node.notes === undefined ? undefined : change(node.notes);
    if (settings === node.settings && name === node.name && notes === node.notes) return node;
    isSame = false;
    return {
      ...node,
      settings,
      ...(name === undefined ? {} : { name }),
      ...(notes === undefined ? {} : { notes }),
    };
  });
  return isSame ? graph : { ...graph, nodes };
}

/** Nodes before and behind the given ones, at any distance. */
export function reach(
  graph: Graph,
  ids: Iterable<string>,
  direction: "upstream" | "downstream",
): Set<string> {
  const found = new Set(ids);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { from, to } of graph.edges) {
      if (direction === "downstream" && found.has(from.node)) found.add(to.node);
      if (direction === "upstream" && found.has(to.node)) found.add(from.node);
    }
  }
  return found;
}
