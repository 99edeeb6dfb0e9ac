import { IconPlus, IconX } from "@tabler/icons-react";
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { memo } from "react";
import { conversion, portLook } from "../../../flow/data-type";
import { edgeOf, nodeOf } from "../../../flow/graph";
import { remove } from "../../../flow/operations";
import { sidesOf } from "../../../flow/ports";
import { number } from "../../../i18n/format";
import { useDraft, useGraph, useIsEditable, usePorts, useRun, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import classes from "./canvas.module.css";
import { problemsOf } from "./problems-of";

/** What an edge carries: the types at its ends, and how the one becomes the other. */
function useCarried(id: string) {
  const book = usePorts();
  const edge = useGraph((graph) => edgeOf(graph, id));
  const from = useGraph((graph) => edge && nodeOf(graph, edge.from.node));
  const to = useGraph((graph) => edge && nodeOf(graph, edge.to.node));
  const sides = from && to ? sidesOf(from, to, book) : undefined;
  const output = sides?.outputs.find(({ name }) => name === edge?.from.port)?.type ?? "any";
  const input = sides?.inputs.find(({ name }) => name === edge?.to.port)?.type ?? "any";
  return { edge, output, input, how: conversion(output, input) };
}

export const FlowEdgeView = memo(function FlowEdgeView(props: EdgeProps) {
  const { id, selected, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition } = props;
  const t = useFlow();
  const { editor, ui } = useSession();
  const isEditable = useIsEditable();
  const { edge, output, input, how } = useCarried(id);
  const isFar = useUi((state) => state.isFar);
  const isWrong = useDraft(({ report }) => problemsOf(report.problems).edges.has(id));
  const work = useRun((view) => (edge ? view.nodes[edge.from.node] : undefined));
  const isBusy = useRun((view) => (edge ? view.nodes[edge.to.node]?.status === "running" : false));
  const [path, x, y] = getBezierPath({
    sourceX,
    sourceY,
    targetX,
    targetY,
    sourcePosition,
    targetPosition,
  });
  if (!edge) return null;
  const isControl = edge.kind === "control";
  const color = isWrong ? "var(--mantine-color-red-7)" : portLook(isControl ? "control" : output).color;
  const carried = work?.output?.[edge.from.port];
  const items = Array.isArray(carried)
    ? t("edge.items", { count: carried.length, number: number(carried.length) })
    : "";
  const note = items || (selected && !isControl && how !== "same" ? `${output} → ${input}` : "");
  const at = (dx: number, dy: number) => ({
    transform: `translate(-50%, -50%) translate(${x + dx}px, ${y + dy}px)`,
  });
  return (
    <>
      <BaseEdge
        id={id}
        path={path}
        interactionWidth={isFar ? 0 : 18}
        style={{
          stroke: color,
          strokeWidth: selected ? 3 : isControl ? 1.5 : 2,
          strokeDasharray: isBusy ? "6 4" : isControl ? "2 3" : undefined,
          opacity: how === "refused" ? 0.6 : 1,
        }}
      />
      {(note || (selected && isEditable)) && (
        <EdgeLabelRenderer>
          {note && (
            <div className={classes.edgeNote} style={at(0, selected ? -22 : 0)}>
              {note}
            </div>
          )}
          {selected && isEditable && (
            <div className={`${classes.edgeTools} nodrag nopan`} style={at(0, 0)}>
              <button
                type="button"
                aria-label={t("edge.insert")}
                onClick={(event) => {
                  const { left, bottom } = event.currentTarget.getBoundingClientRect();
                  ui.set({ picker: { at: { x: left, y: bottom + 4 }, edge: id } });
                }}
              >
                <IconPlus size={13} aria-hidden />
              </button>
              <button
                type="button"
                aria-label={t("edge.remove")}
                onClick={() =>
                  editor.apply({ key: "remove", values: { count: 1 } }, (graph) =>
                    remove(graph, { edges: [id] }),
                  )
                }
              >
                <IconX size={13} aria-hidden />
              </button>
            </div>
          )}
        </EdgeLabelRenderer>
      )}
    </>
  );
});
