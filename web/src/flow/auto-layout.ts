import dagre from "@dagrejs/dagre";
import type { Graph, Place, Places } from "./graph";

export type SizeOf = (id: string) => { width: number; height: number };

/** What a container needs around its inside: its head, and its ports at the sides and below. */
const around = { left: 104, top: 68, right: 104, bottom: 92 };

/**
 * Places for all nodes, from left to right in the order of their edges: the inside of each container
 * first, so that containers are as large as they need to be. Groups stay together.
 */
export function autoLayout(graph: Graph, sizeOf: SizeOf): Places {
  const children = new Map<string | undefined, string[]>();
  for (const { id, parent } of graph.nodes) children.set(parent, [...(children.get(parent) ?? []), id]);
  const places: Places = {};
  const sizes = new Map<string, { width: number; height: number }>();
  const size = (id: string) => sizes.get(id) ?? sizeOf(id);

  const arrange = (parent: string | undefined) => {
    const ids = children.get(parent) ?? [];
    for (const id of ids) if (children.has(id)) arrange(id);
    if (ids.length === 0) return;
    const found = level(graph, ids, size);
    const [left, top] = parent === undefined ? [0, 0] : [around.left, around.top];
    let [right, bottom] = [0, 0];
    for (const [id, place] of Object.entries(found)) {
      const moved: Place = { x: place.x + left, y: place.y + top };
      const { width, height } = size(id);
      if (sizes.has(id)) Object.assign(moved, { width, height });
      places[id] = moved;
      right = Math.max(right, moved.x + width);
      bottom = Math.max(bottom, moved.y + height);
    }
    if (parent !== undefined) {
      const least = sizeOf(parent);
      sizes.set(parent, {
        width: Math.max(right + around.right, Math.min(least.width, 320)),
        height: Math.max(bottom + around.bottom, 160),
      });
    }
  };
  arrange(undefined);
  return places;
}

function level(graph: Graph, ids: string[], size: SizeOf): Places {
  const drawn = new dagre.graphlib.Graph({ compound: true, multigraph: true });
  drawn.setGraph({ rankdir: "LR", nodesep: 36, ranksep: 72, marginx: 0, marginy: 0 });
  drawn.setDefaultEdgeLabel(() => ({}));
  const here = new Set(ids);
  for (const id of ids) drawn.setNode(id, { ...size(id) });
  for (const { id, nodes } of graph.groups) {
    const members = nodes.filter((node) => here.has(node));
    if (members.length === 0) continue;
    drawn.setNode(`group ${id}`, {});
    for (const node of members) drawn.setParent(node, `group ${id}`);
  }
  for (const edge of graph.edges) {
    const [from, to] = [edge.from.node, edge.to.node];
    if (here.has(from) && here.has(to)) drawn.setEdge(from, to, {}, edge.id);
  }
  dagre.layout(drawn);
  const places: Places = {};
  for (const id of ids) {
    const { x, y } = drawn.node(id) as { x: number; y: number };
    const { width, height } = size(id);
    places[id] = { x: Math.round(x - width / 2), y: Math.round(y - height / 2) };
  }
  return places;
}
