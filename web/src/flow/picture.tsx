import type { StoredGraph } from "./graph";
import { readGraph } from "./graph";

interface Props {
  graph: StoredGraph;
  /** Titles of node types, where they are known. */
  titles: ReadonlyMap<string, string>;
  /** What screen readers call it. */
  label: string;
  height?: number;
}

const size = { width: 190, height: 58 };

/** A flow as a picture: its nodes where they stand, and its edges. */
export function FlowPicture({ graph, titles, label, height = 220 }: Props) {
  const { nodes, edges, layout } = readGraph(graph);
  const parents = new Map(nodes.map(({ id, parent }) => [id, parent]));
  const placeOf = (id: string): { x: number; y: number } => {
    const { x, y } = layout.nodes[id] ?? { x: 0, y: 0 };
    const parent = parents.get(id);
    if (!parent) return { x, y };
    const outer = placeOf(parent);
    return { x: outer.x + x, y: outer.y + y };
  };
  const boxes = new Map(
    nodes.map(({ id }) => {
      const { width = size.width, height: tall = size.height } = layout.nodes[id] ?? {};
      return [id, { ...placeOf(id), width, height: tall }] as const;
    }),
  );
  const all = [...boxes.values()];
  if (all.length === 0) return null;
  const left = Math.min(...all.map(({ x }) => x)) - 20;
  const top = Math.min(...all.map(({ y }) => y)) - 20;
  const right = Math.max(...all.map(({ x, width }) => x + width)) + 20;
  const bottom = Math.max(...all.map(({ y, height: tall }) => y + tall)) + 20;
  return (
    <svg
      role="img"
      aria-label={label}
      width="100%"
      viewBox={`${left} ${top} ${right - left} ${bottom - top}`}
      style={{ maxHeight: height, background: "var(--app-canvas)", borderRadius: "var(--mantine-radius-md)" }}
    >
      {edges.map(({ id, from, to }) => {
        const [a, b] = [boxes.get(from.node), boxes.get(to.node)];
        if (!a || !b) return null;
        const [x1, y1, x2, y2] = [a.x + a.width, a.y + size.height / 2, b.x, b.y + size.height / 2];
        const bend = Math.max(30, Math.abs(x2 - x1) / 2);
        return (
          <path
            key={id}
            d={`M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}`}
            fill="none"
            stroke="var(--mantine-color-dimmed)"
            strokeWidth={2}
          />
        );
      })}
      {nodes.map((node) => {
        const box = boxes.get(node.id);
        if (!box) return null;
        const title = node.name || titles.get(node.type) || node.type;
        const isContainer = nodes.some(({ parent }) => parent === node.id);
        return (
          <g key={node.id}>
            <rect
              {...box}
              rx={10}
              fill={isContainer ? "none" : "var(--mantine-color-body)"}
              stroke="var(--mantine-color-default-border)"
              strokeWidth={1.5}
              strokeDasharray={isContainer ? "6 4" : undefined}
            />
            <text
              x={box.x + 12}
              y={box.y + (isContainer ? 22 : size.height / 2 + 5)}
              fontSize={15}
              fontWeight={600}
              fill="var(--mantine-color-text)"
            >
              {title.length > 21 ? `${title.slice(0, 20)}…` : title}
            </text>
          </g>
        );
      })}
    </svg>
  );
}
