/** Why a run has not come to a node. */
import { type Graph, nodeOf } from "./graph";
import type { Port } from "./node-type";
import type { NodeWork } from "./run-state";

export type PassedOver =
  /** `node`: what is to be looked at; it may be the node itself. */
  | { why: "off" | "trigger" | "unconnected" | "failed" | "waits"; node: string }
  | { why: "branch"; node: string; port: string };

interface Facts {
  graph: Graph;
  nodes: Record<string, NodeWork>;
  outputsOf: (node: string) => Port[];
  isTrigger: (node: string) => boolean;
}

/** The first reason on the way back from the node; `undefined` when the run does not tell. */
export function passedOver(facts: Facts, id: string, seen = new Set<string>()): PassedOver | undefined {
  const { graph, nodes } = facts;
  const node = nodeOf(graph, id);
  if (!node || seen.has(id)) return undefined;
  seen.add(id);
  if (node.disabled) return { why: "off", node: id };
  const into = graph.edges.filter(({ to }) => to.node === id);
  if (into.length === 0) {
    // What is in a container runs when its container does.
    if (node.parent) return nodes[node.parent] ? undefined : passedOver(facts, node.parent, seen);
    return { why: facts.isTrigger(id) ? "trigger" : "unconnected", node: id };
  }
  const found: PassedOver[] = [];
  for (const { from } of into) {
    const work = nodes[from.node];
    if (!work) {
      const before = passedOver(facts, from.node, seen);
      if (before) found.push(before);
    } else if (work.status === "failed") found.push({ why: "failed", node: from.node });
    else if (work.status !== "done") found.push({ why: "waits", node: from.node });
    else if (isLeftOut(facts, from.node, from.port, work)) {
      found.push({ why: "branch", node: from.node, port: from.port });
    }
  }
  const rank = ["failed", "waits", "branch", "off", "unconnected", "trigger"];
  return found.sort((a, b) => rank.indexOf(a.why) - rank.indexOf(b.why))[0];
}

/** Whether a node that was done gave nothing at this port: a way it did not take. */
function isLeftOut({ outputsOf }: Facts, id: string, port: string, work: NodeWork): boolean {
  const outputs = outputsOf(id);
  const type = outputs.find(({ name }) => name === port)?.type;
  if (type === "control") return outputs.filter((one) => one.type === "control").length > 1;
  return work.output !== undefined && !(port in work.output);
}
