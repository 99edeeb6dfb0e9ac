import { type NodeHandle, Position } from "@xyflow/react";
import { type FlowNode, nodeOf } from "../../../flow/graph";
import { containerSize } from "../../../flow/operations";
import type { FlowSession } from "../session";
import { handleId } from "./port-handle";

/** As `canvas.module.css` draws a card, with its borders. */
export const nodeWidth = 232;
const border = 1;
const head = border + 47;
const row = 24;
const padding = 5;
const handle = 11;

/** Above this many nodes only those in view are drawn, and nothing is measured before it is drawn. */
export const manyNodes = 150;
/** Below this zoom, many nodes are drawn without their ports: they are too small to be hit. */
export const farZoom = 0.35;

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
  return { width: nodeWidth, height: head + 2 * padding + rows * row + border };
}

/** Where a card's handles are, so that its edges can be drawn while the card is not. */
export function handlesOf(session: FlowSession, node: FlowNode): NodeHandle[] {
  const { inputs, outputs } = session.book.of(node);
  const at = (index: number) => head + padding + index * row + (row - handle) / 2;
  const box = { width: handle, height: handle };
  return [
    ...inputs.map(
      ({ name }, index): NodeHandle => ({
        ...box,
        id: handleId("in", name),
        type: "target",
        position: Position.Left,
        x: border - handle / 2,
        y: at(index),
      }),
    ),
    ...outputs.map(
      ({ name }, index): NodeHandle => ({
        ...box,
        id: handleId("out", name),
        type: "source",
        position: Position.Right,
        x: nodeWidth - border - handle / 2,
        y: at(index),
      }),
    ),
  ];
}
