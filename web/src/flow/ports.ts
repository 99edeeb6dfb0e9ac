import { type Conversion, conversion } from "./data-type";
import { type End, type FlowEdge, type FlowNode, type Graph, nodeOf, type Settings } from "./graph";
import type { NodeTypes, Port, Ports } from "./node-type";

/** Asks the back end which ports a node of this type has with these settings. */
export type AskPorts = (type: string, settings: Settings) => Promise<Ports>;

const none: Ports = { inputs: [], outputs: [] };

/**
 * The ports of nodes. Where they follow the settings, the back end is asked once for each state of
 * them; until it has answered, the node keeps the ports it had.
 */
export class PortBook {
  private readonly known = new Map<string, Ports>();
  private readonly asked = new Set<string>();
  private readonly latest = new Map<string, Ports>();
  private readonly listeners = new Set<() => void>();
  private readonly keys = new WeakMap<Settings, string>();
  private readonly withError = new WeakMap<Ports, Ports>();
  /** Rises with each answer. */
  version = 0;

  constructor(
    readonly types: NodeTypes,
    private readonly ask: AskPorts,
  ) {}

  of(node: FlowNode): Ports {
    const ports = this.plain(node);
    return node.policy?.on_error?.action === "branch" ? this.failing(ports) : ports;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private plain(node: FlowNode): Ports {
    const type = this.types.get(node.type);
    if (!type) return none;
    if (!type.has_dynamic_ports) return type.ports;
    if (Object.keys(node.settings).length === 0) return type.ports;
    const key = this.keyOf(node);
    const known = this.known.get(key);
    if (known) {
      this.latest.set(node.id, known);
      return known;
    }
    if (!this.asked.has(key)) {
      this.asked.add(key);
      void this.learn(key, node);
    }
    return this.latest.get(node.id) ?? type.ports;
  }

  /** Settings are never changed in place, so each is written out once. */
  private keyOf({ type, settings }: FlowNode): string {
    const made = this.keys.get(settings);
    if (made !== undefined) return made;
    const key = `${type} ${JSON.stringify(settings)}`;
    this.keys.set(settings, key);
    return key;
  }

  private async learn(key: string, node: FlowNode): Promise<void> {
    try {
      this.known.set(key, await this.ask(node.type, node.settings));
    } catch {
      // Asked again with the next change; until then the ports stay as they are.
      this.asked.delete(key);
      return;
    }
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  private failing(ports: Ports): Ports {
    const made = this.withError.get(ports);
    if (made) return made;
    const error: Port = { name: "error", type: "control", title: "Error" };
    const more = { ...ports, outputs: [...ports.outputs, error] };
    this.withError.set(ports, more);
    return more;
  }
}

/** Which lists of ports an edge between two nodes is among; none when it would cross a border. */
export function sidesOf(
  from: FlowNode,
  to: FlowNode,
  book: PortBook,
): { outputs: Port[]; inputs: Port[]; isFromInside: boolean; isToInside: boolean } | undefined {
  if (from.id === to.id) return undefined;
  if (from.parent === to.parent) {
    return {
      outputs: book.of(from).outputs,
      inputs: book.of(to).inputs,
      isFromInside: false,
      isToInside: false,
    };
  }
  if (to.parent === from.id) {
    const outputs = book.of(from).inner_outputs ?? [];
    return { outputs, inputs: book.of(to).inputs, isFromInside: true, isToInside: false };
  }
  if (from.parent === to.id) {
    const inputs = book.of(to).inner_inputs ?? [];
    return { outputs: book.of(from).outputs, inputs, isFromInside: false, isToInside: true };
  }
  return undefined;
}

export type Refusal = "self" | "border" | "type" | "cycle" | "unknown" | "exists";

export type Connection =
  | { kind: FlowEdge["kind"]; conversion: Exclude<Conversion, "refused">; replaces: FlowEdge[] }
  | { refused: Refusal; from?: string; to?: string };

/** What would come of an edge: what it carries and replaces, or why it cannot be. */
export function judgeConnection(graph: Graph, book: PortBook, from: End, to: End): Connection {
  if (from.node === to.node) return { refused: "self" };
  const [source, target] = [nodeOf(graph, from.node), nodeOf(graph, to.node)];
  if (!source || !target) return { refused: "unknown" };
  const sides = sidesOf(source, target, book);
  if (!sides) return { refused: "border" };
  const output = sides.outputs.find((port) => port.name === from.port);
  const input = sides.inputs.find((port) => port.name === to.port);
  if (!output || !input) return { refused: "unknown" };
  const how = conversion(output.type, input.type);
  if (how === "refused") return { refused: "type", from: output.type, to: input.type };
  const there = graph.edges.filter((edge) => edge.to.node === to.node && edge.to.port === to.port);
  if (there.some((edge) => edge.from.node === from.node && edge.from.port === from.port)) {
    return { refused: "exists" };
  }
  if (leadsBack(graph, from.node, to.node)) return { refused: "cycle" };
  const isControl = input.type === "control";
  const replaces = isControl || input.many ? [] : there;
  return { kind: isControl ? "control" : "data", conversion: how, replaces };
}

/** Whether an edge would make nodes wait for each other. Edges of a container's inside are its own. */
function leadsBack(graph: Graph, from: string, to: string): boolean {
  const parentOf = new Map(graph.nodes.map((node) => [node.id, node.parent]));
  if (parentOf.get(to) === from || parentOf.get(from) === to) return false;
  const next = new Map<string, string[]>();
  for (const edge of graph.edges) {
    // An edge between a container and its inside does not lead out of it.
    if (parentOf.get(edge.from.node) !== parentOf.get(edge.to.node)) continue;
    const ends = next.get(edge.from.node);
    if (ends) ends.push(edge.to.node);
    else next.set(edge.from.node, [edge.to.node]);
  }
  const [waiting, seen] = [[to], new Set([to])];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (node === from) return true;
    for (const behind of next.get(node) ?? []) {
      if (seen.has(behind)) continue;
      seen.add(behind);
      waiting.push(behind);
    }
  }
  return false;
}

/** Which of a new node's ports an edge from here would end at, the best fit first. */
export function entryFor(type: string, ports: Ports): Port | undefined {
  const order: Conversion[] = ["same", "always", "checked"];
  const fits = ports.inputs.map((port) => ({ port, how: conversion(type, port.type) }));
  // A value goes into an input; only the turn goes to `in`.
  const wanted = type === "control" ? fits : fits.filter(({ port }) => port.type !== "control");
  for (const how of order) {
    const best = wanted.filter((fit) => fit.how === how);
    const found = best.find(({ port }) => port.required) ?? best[0];
    if (found) return found.port;
  }
  return fits.find(({ port }) => port.type === "control")?.port;
}

/** Which of a new node's outputs an edge to an input of this type would begin at. */
export function exitFor(type: string, ports: Ports): Port | undefined {
  if (type === "control") return ports.outputs.find((port) => port.type === "control");
  for (const how of ["same", "always", "checked"] as Conversion[]) {
    const found = ports.outputs.find((port) => conversion(port.type, type) === how);
    if (found) return found;
  }
  return undefined;
}
