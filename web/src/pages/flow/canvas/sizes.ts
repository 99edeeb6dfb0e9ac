import { nodeOf } from "../../../flow/graph";
import { containerSize } from "../../../flow/operations";
import type { FlowSession } from "../session";

export const nodeWidth = 232;
const head = 48;
const row = 24;

/** How large a node is drawn; what is measured may differ by a few pixels. */
export function sizeOf(session: FlowSession, id: string): { width: number; height: number } {
  const { graph } = session.editor;
  const node = nodeOf(graph, id);
  if (!node) return { width: nodeWidth, height: head };
  if (session.book.types.get(node.type)?.role === "container") {
    const place = graph.layout.nodes[id];
    return {
      width: place?.width ?? containerSize.width,
      height: place?.height ?? containerSize.height,
    };
  }
  const ports = session.book.of(node);
  const rows = Math.max(ports.inputs.length, ports.outputs.length, 1);
  return { width: nodeWidth, height: head + rows * row + 10 };
}
