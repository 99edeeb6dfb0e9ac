/** What expressions name: found for completion, changed when a node gets another key. */
import { type FlowNode, type Graph, type Json, nodeOf } from "./graph";
import type { PortBook } from "./ports";

/** Every text inside of a value, changed. */
export function mapTexts<T extends Json>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) {
    const next = value.map((one) => mapTexts(one, change));
    return (next.some((one, index) => one !== value[index]) ? next : value) as T;
  }
  if (value && typeof value === "object") {
    const entries = Object.entries(value);
    const next = entries.map(([key, one]) => [key, mapTexts(one, change)] as const);
    const isSame = next.every(([, one], index) => one === entries[index]?.[1]);
    return (isSame ? value : Object.fromEntries(next)) as T;
  }
  return value;
}

/** Node keys that are to be replaced, in a text with expressions. */
export function renameInText(text: string, keys: ReadonlyMap<string, string>): string {
  if (!text.includes("nodes")) return text;
  const byDot = /\bnodes\.([a-z][a-z0-9_]*)/g;
  const byBracket = /\bnodes\[(["'])([a-z][a-z0-9_]*)\1\]/g;
  return text
    .replace(byDot, (all, key: string) => (keys.has(key) ? `nodes.${keys.get(key)}` : all))
    .replace(byBracket, (all, quote: string, key: string) =>
      keys.has(key) ? `nodes[${quote}${keys.get(key)}${quote}]` : all,
    );
}

export function renameNodeIn(graph: Graph, from: string, to: string): Graph {
  const keys = new Map([[from, to]]);
  return { ...graph, nodes: graph.nodes.map((node) => renameIn(node, keys)) };
}

export function renameIn(node: FlowNode, keys: ReadonlyMap<string, string>): FlowNode {
  const settings = mapTexts(node.settings, (text) => renameInText(text, keys));
  return settings === node.settings ? node : { ...node, settings };
}

/** The nodes that have run by the time a node runs: those before it, and before its containers. */
export function nodesBefore(graph: Graph, id: string): FlowNode[] {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const into = new Map<string, string[]>();
  for (const { from, to } of graph.edges) into.set(to.node, [...(into.get(to.node) ?? []), from.node]);
  const found = new Set<string>();
  const containers = new Set<string>();
  const waiting = [id];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    const parent = byId.get(one)?.parent;
    if (parent && !containers.has(parent)) {
      containers.add(parent);
      waiting.push(parent);
    }
    for (const before of into.get(one) ?? []) {
      // Edges out of a container's inside lead to the container, which is still at work.
      if (found.has(before) || byId.get(before)?.parent === one || containers.has(before)) continue;
      found.add(before);
      waiting.push(before);
    }
  }
  found.delete(id);
  return graph.nodes.filter((node) => found.has(node.id) && !containers.has(node.id));
}

/** Something an expression may name. */
export interface Reference {
  /** What is written between the braces. */
  path: string;
  /** The node, variable, … it belongs to, for people. */
  of: string;
  type: string;
}

export interface Surroundings {
  variables: { name: string; type: string }[];
  secrets: string[];
}

/** Everything an expression of a node may name, what is next to it first. */
export function referencesFor(
  graph: Graph,
  id: string,
  book: PortBook,
  around: Surroundings = { variables: [], secrets: [] },
): Reference[] {
  const node = nodeOf(graph, id);
  if (!node) return [];
  const titleOf = (one: FlowNode) => one.name || book.types.get(one.type)?.title || one.id;
  const found: Reference[] = [];
  const connected = new Set(graph.edges.filter((edge) => edge.to.node === id).map((edge) => edge.to.port));
  for (const port of book.of(node).inputs) {
    if (port.type !== "control" && connected.has(port.name)) {
      found.push({ path: `incoming.${port.name}`, of: titleOf(node), type: port.type });
    }
  }
  const before = nodesBefore(graph, id);
  for (const one of before.reverse()) {
    for (const port of book.of(one).outputs) {
      if (port.type === "control") continue;
      found.push({ path: `nodes.${one.id}.output.${port.name}`, of: titleOf(one), type: port.type });
    }
  }
  if (node.parent) {
    found.push({ path: "item", of: "loop", type: "any" }, { path: "index", of: "loop", type: "number" });
  }
  for (const trigger of before.filter((one) => book.types.get(one.type)?.role === "trigger")) {
    for (const port of book.of(trigger).outputs) {
      if (port.type === "control" || port.name === "input") continue;
      found.push({ path: `input.${port.name}`, of: titleOf(trigger), type: port.type });
    }
  }
  found.push({ path: "input", of: "run", type: "object" });
  for (const { name, type } of [...graph.variables, ...around.variables]) {
    found.push({ path: `vars.${name}`, of: "variable", type });
  }
  for (const name of around.secrets) found.push({ path: `secrets.${name}`, of: "secret", type: "string" });
  for (const name of ["id", "trigger", "started_at"]) {
    found.push({ path: `run.${name}`, of: "run", type: "string" });
  }
  found.push({ path: "now", of: "run", type: "string" });
  const seen = new Set<string>();
  return found.filter(({ path }) => !seen.has(path) && seen.add(path));
}

/** The unfinished path at the cursor, when it stands in an expression: `{{ nodes.a|`. */
export function pathAt(text: string, cursor: number): { from: number; typed: string } | undefined {
  const before = text.slice(0, cursor);
  const open = before.lastIndexOf("{{");
  if (open < 0 || before.lastIndexOf("}}") > open) return undefined;
  const typed = /[A-Za-z_][\w.[\]"']*$|$/.exec(before.slice(open + 2))?.[0] ?? "";
  return { from: cursor - typed.length, typed };
}

/** The text with a reference in the place of what was typed; braces are added where there are none. */
export function insertReference(
  text: string,
  cursor: number,
  path: string,
): { text: string; cursor: number } {
  const at = pathAt(text, cursor);
  if (!at) {
    const inserted = `{{ ${path} }}`;
    return {
      text: text.slice(0, cursor) + inserted + text.slice(cursor),
      cursor: cursor + inserted.length,
    };
  }
  const behind = text.slice(cursor);
  const isClosed = /^[^{]*?}}/.test(behind);
  const lead = text.slice(0, at.from).endsWith("{{") ? " " : "";
  const inserted = lead + path + (isClosed ? "" : " }}");
  return { text: text.slice(0, at.from) + inserted + behind, cursor: at.from + inserted.length };
}
