import {
  IconAlertTriangle,
  IconCircleCheck,
  IconCircleX,
  IconClock,
  IconEyeOff,
  IconLoader2,
  IconPin,
  IconPlayerSkipForward,
} from "@tabler/icons-react";
import type { NodeProps } from "@xyflow/react";
import { memo } from "react";
import type { Problem } from "../../../api/flows";
import { type FlowNode, nodeOf } from "../../../flow/graph";
import type { NodeType } from "../../../flow/node-type";
import type { NodeWork } from "../../../flow/run-state";
import { useStore } from "../../../flow/store";
import { duration, money, number } from "../../../i18n/format";
import { TypeIcon } from "../icons";
import { usePin } from "../panel/texts";
import { useDraft, useGraph, usePorts, useRun, useSession, useUi } from "../session";
import { summaryOf } from "../summary";
import { useFlow } from "../texts";
import classes from "./canvas.module.css";
import { PortHandle } from "./port-handle";
import { problemsOf } from "./problems-of";
import { sizeOf } from "./sizes";

const none: Problem[] = [];

/** The node, its type, its worst problem, and what the run says of it. */
export function useNodeFacts(id: string) {
  const { book } = useSession();
  const node = useGraph((graph) => nodeOf(graph, id));
  const type = node && book.types.get(node.type);
  const own = useDraft(({ report }) => problemsOf(report.problems).nodes.get(id)) ?? none;
  const worst = own.find(({ severity }) => severity === "error") ?? own[0];
  const work = useRun((view) => view.nodes[id]);
  return { node, type, problem: worst, problemCount: own.length, work };
}

interface HeadProps {
  node: FlowNode;
  type: NodeType | undefined;
  problem: { message: string; severity: string } | undefined;
  work: NodeWork | undefined;
}

export function NodeHead({ node, type, problem, work }: HeadProps) {
  const t = useFlow();
  const pin = usePin();
  const isPinned = useStore(useSession().pins, ({ outputs }) => outputs[node.id] !== undefined);
  return (
    <div className={classes.head}>
      <span className={classes.symbol}>
        <TypeIcon name={type?.icon ?? "box"} />
      </span>
      <div className={classes.title}>
        <div className={classes.name}>{node.name || type?.title || node.type}</div>
        <div className={classes.line}>{summaryOf(node, type) || node.id}</div>
      </div>
      {isPinned && (
        <IconPin
          size={15}
          role="img"
          aria-label={pin("mark")}
          color="var(--mantine-color-orange-light-color)"
        />
      )}
      {node.disabled && <IconEyeOff size={15} aria-label={t("node.disabled")} />}
      {problem && !work && (
        <span className={classes.problem} data-severity={problem.severity} title={problem.message}>
          <IconAlertTriangle size={16} role="img" aria-label={problem.message} />
        </span>
      )}
      {work && <StatusIcon work={work} />}
    </div>
  );
}

function StatusIcon({ work }: { work: NodeWork }) {
  const t = useFlow();
  const label = t(`status.${work.status}`);
  const props = { size: 17, role: "img", "aria-label": label } as const;
  switch (work.status) {
    case "done":
      return <IconCircleCheck {...props} color="var(--mantine-color-teal-light-color)" />;
    case "failed":
      return <IconCircleX {...props} color="var(--mantine-color-red-light-color)" />;
    case "waiting":
      return <IconClock {...props} color="var(--mantine-color-yellow-light-color)" />;
    case "skipped":
      return <IconPlayerSkipForward {...props} />;
    default:
      return <IconLoader2 {...props} color="var(--mantine-color-blue-6)" />;
  }
}

export function NodeFoot({ work }: { work: NodeWork }) {
  const streamed = Object.values(work.streamed).join("\n");
  return (
    <>
      {work.status === "running" && streamed && <div className={classes.stream}>{streamed.slice(-400)}</div>}
      {work.error && <div className={`${classes.stream} ${classes.problem}`}>{work.error}</div>}
      {work.status !== "running" && (
        <div className={`${classes.foot} tabular`}>
          <span>{duration(work.durationUs)}</span>
          {work.count > 1 && <span>× {number(work.count)}</span>}
          {work.tokens > 0 && <span>{number(work.tokens)} tok</span>}
          {work.nanoUsd > 0 && <span>{money(work.nanoUsd)}</span>}
        </div>
      )}
    </>
  );
}

/** A step or trigger on the canvas. */
export const NodeCard = memo(function NodeCard(props: NodeProps) {
  const isFar = useUi((ui) => ui.isFar);
  return isFar ? <FarCard {...props} /> : <NearCard {...props} />;
});

/** A card from afar: as large as it is near by, without what could not be seen. */
function FarCard({ id, selected }: NodeProps) {
  const session = useSession();
  const { node, type, problem, work } = useNodeFacts(id);
  if (!node) return null;
  return (
    <div
      className={`${classes.card} ${classes.far}`}
      data-chosen={selected || undefined}
      data-disabled={node.disabled || undefined}
      data-status={work?.status}
      data-severity={problem?.severity}
      style={{ height: sizeOf(session, id).height }}
    >
      {node.name || type?.title || node.type}
    </div>
  );
}

function NearCard({ id, selected }: NodeProps) {
  const { node, type, problem, work } = useNodeFacts(id);
  const book = usePorts();
  if (!node) return null;
  const ports = book.of(node);
  return (
    <div
      className={classes.card}
      data-chosen={selected || undefined}
      data-disabled={node.disabled || undefined}
      data-status={work?.status}
    >
      <NodeHead node={node} type={type} problem={problem} work={work} />
      <div className={classes.rows}>
        <div className={classes.side}>
          {ports.inputs.map((port) => (
            <PortHandle key={port.name} node={id} port={port} side="in" />
          ))}
        </div>
        <div className={classes.side}>
          {ports.outputs.map((port) => (
            <PortHandle key={port.name} node={id} port={port} side="out" />
          ))}
        </div>
      </div>
      {work && <NodeFoot work={work} />}
    </div>
  );
}
