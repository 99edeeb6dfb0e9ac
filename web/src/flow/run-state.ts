/** What is seen of a run: followed live by its events, or read whole when it is over. */
import type { Execution, NodeFailure, NodeRun, Run, RunStatus, Wait } from "../api/flows";
import type { Json, Settings } from "./graph";

export type NodeStatus = "running" | "done" | "failed" | "waiting" | "calling" | "contained" | "skipped";

export interface NodeWork {
  status: NodeStatus;
  /** In loops: how many iterations have ended. */
  count: number;
  failures: number;
  /** Text that has streamed in, by port. */
  streamed: Record<string, string>;
  output?: Settings;
  error?: string;
  failure?: NodeFailure;
  wait?: Wait;
  durationUs: number;
  tokens: number;
  nanoUsd: number;
}

export interface RunView {
  run: Run | undefined;
  status: RunStatus | undefined;
  nodes: Record<string, NodeWork>;
  /** Everything the server keeps of each node's work; read when the run has ended or waits. */
  steps: NodeRun[];
  output: Json | undefined;
  error: string | undefined;
  seq: number;
}

export const noRun: RunView = {
  run: undefined,
  status: undefined,
  nodes: {},
  steps: [],
  output: undefined,
  error: undefined,
  seq: 0,
};

export type RunEvent = { seq: number; node?: string; iteration?: string } & (
  | { type: "execution:started" }
  | { type: "node:started" }
  | { type: "node:streamed"; port: string; piece: Json }
  | {
      type: "execution:progress";
      state: NodeStatus;
      output: Json;
      error: string | null;
      duration_us: number;
    }
  | { type: "execution:waiting" }
  | { type: "execution:completed"; output: Json }
  | { type: "execution:error"; message: string }
);

const idle: NodeWork = {
  status: "running",
  count: 0,
  failures: 0,
  streamed: {},
  durationUs: 0,
  tokens: 0,
  nanoUsd: 0,
};

function asSettings(value: Json): Settings | undefined {
  return value && typeof value === "object" && !Array.isArray(value) ? value : undefined;
}

export function applyEvent(view: RunView, event: RunEvent): RunView {
  // After a break some events may come again.
  if (event.seq <= view.seq && event.type !== "execution:error" && event.type !== "execution:completed") {
    return view;
  }
  const next = { ...view, seq: Math.max(view.seq, event.seq) };
  switch (event.type) {
    case "execution:started":
      return { ...next, status: "running" };
    case "execution:waiting":
      return { ...next, status: "waiting" };
    case "execution:completed":
      return { ...next, status: "completed", output: event.output };
    case "execution:error":
      return { ...next, status: view.status === "cancelled" ? "cancelled" : "failed", error: event.message };
  }
  const id = event.node;
  if (!id) return next;
  const work = view.nodes[id] ?? idle;
  const put = (change: Partial<NodeWork>) => ({
    ...next,
    nodes: { ...view.nodes, [id]: { ...work, ...change } },
  });
  if (event.type === "node:started") return put({ status: "running", streamed: {}, error: undefined });
  if (event.type === "node:streamed") {
    const piece = typeof event.piece === "string" ? event.piece : JSON.stringify(event.piece);
    const before = work.streamed[event.port] ?? "";
    return put({ status: "running", streamed: { ...work.streamed, [event.port]: before + piece } });
  }
  const isEnd = event.state === "done" || event.state === "failed";
  return put({
    status: event.state,
    output: asSettings(event.output) ?? work.output,
    error: event.error ?? undefined,
    durationUs: work.durationUs + event.duration_us,
    count: work.count + (isEnd ? 1 : 0),
    failures: work.failures + (event.state === "failed" ? 1 : 0),
  });
}

/** The view of a run as the server keeps it. */
export function viewOf(execution: Execution): RunView {
  const nodes: Record<string, NodeWork> = {};
  for (const step of execution.node_runs) {
    const before = nodes[step.node] ?? idle;
    const took = step.ended_at ? (Date.parse(step.ended_at) - Date.parse(step.started_at)) * 1_000 : 0;
    const isEnd = step.status === "done" || step.status === "failed";
    nodes[step.node] = {
      ...before,
      // One failed iteration shows, however many went well after it.
      status: before.status === "failed" ? "failed" : step.status,
      output: step.output,
      error: step.error?.message ?? before.error,
      failure: step.error ?? before.failure,
      wait: step.wait ?? undefined,
      durationUs: before.durationUs + took,
      tokens: before.tokens + step.tokens,
      nanoUsd: before.nanoUsd + step.nano_usd,
      count: before.count + (isEnd ? 1 : 0),
      failures: before.failures + (step.status === "failed" ? 1 : 0),
    };
  }
  return {
    run: execution,
    status: execution.status,
    nodes,
    steps: execution.node_runs,
    output: execution.output ?? undefined,
    error: execution.error?.message,
    seq: execution.seq,
  };
}

/** The view that events have made, after everything that the server keeps was read. */
export function caughtUp(view: RunView, execution: Execution): RunView {
  const read = viewOf(execution);
  for (const [id, work] of Object.entries(view.nodes)) {
    const kept = read.nodes[id];
    // What streams at this moment is known here only.
    if (kept) read.nodes[id] = { ...kept, streamed: work.streamed };
    // The end of a run cuts off what is still at work: nothing is kept of it, and it will not end.
    else if (!isOver(read.status)) read.nodes[id] = work;
  }
  return { ...read, seq: Math.max(view.seq, execution.seq) };
}

export function isOver(status: RunStatus | undefined): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/** Cuts server-sent events out of a text that arrives in pieces. */
export function eventCutter(): (piece: string) => RunEvent[] {
  let rest = "";
  return (piece) => {
    rest += piece.replaceAll("\r", "");
    const blocks = rest.split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      const lines = block.split("\n").filter((line) => line.startsWith("data:"));
      const data = lines.map((line) => line.slice(5).trimStart()).join("\n");
      return data ? [JSON.parse(data) as RunEvent] : [];
    });
  };
}
