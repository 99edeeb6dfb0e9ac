import type { Problem } from "../../../api/flows";

interface Index {
  nodes: Map<string, Problem[]>;
  /** Edges with a problem. */
  edges: Set<string>;
}

/** For each report that is asked: each node and edge on the canvas asks, so nothing is searched. */
const indexes = new WeakMap<Problem[], Index>();

/** The problems of a report by node and edge. */
export function problemsOf(problems: Problem[]): Index {
  const known = indexes.get(problems);
  if (known) return known;
  const index: Index = { nodes: new Map(), edges: new Set() };
  for (const problem of problems) {
    if (problem.edge) index.edges.add(problem.edge);
    if (!problem.node) continue;
    const own = index.nodes.get(problem.node);
    if (own) own.push(problem);
    else index.nodes.set(problem.node, [problem]);
  }
  indexes.set(problems, index);
  return index;
}
