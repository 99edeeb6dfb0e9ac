/** Starting and following runs from the editor. */
import { runs } from "../../../api/flows";
import { showFailure } from "../../../components/toast";
import { type FlowNode, type Json, nodeOf, type Settings } from "../../../flow/graph";
import { pinsFor } from "../../../flow/pins";
import { nodesBefore } from "../../../flow/references";
import { isOver, noRun } from "../../../flow/run-state";
import { watchRun } from "../../../flow/watch-run";
import type { FlowSession } from "../session";

let watched: AbortController | undefined;

/** Shows a run, and follows it while it goes on. */
export function follow(session: FlowSession, id: string): void {
  watched?.abort();
  const control = new AbortController();
  watched = control;
  watchRun(id, (view) => !control.signal.aborted && session.run.set(view), control.signal).catch(showFailure);
}

export function stopFollowing(): void {
  watched?.abort();
  watched = undefined;
}

export function clearRun(session: FlowSession): void {
  stopFollowing();
  session.run.set(noRun);
}

async function begin(
  session: FlowSession,
  start: () => Promise<{ id: string }>,
): Promise<string | undefined> {
  try {
    if (session.mayWrite && !(await session.draft.flush())) return undefined;
    const { id } = await start();
    session.run.set({ ...noRun, status: "queued" });
    follow(session, id);
    return id;
  } catch (thrown) {
    showFailure(thrown);
    return undefined;
  }
}

/** Runs the draft with this input, from this trigger. */
export function runDraft(session: FlowSession, input: Json, trigger?: string): Promise<string | undefined> {
  return begin(session, () =>
    runs.start(session.id, {
      input,
      draft: true,
      options: {
        pins: pinsFor(session.pins, session.editor.graph.nodes),
        ...(trigger ? { trigger_node: trigger } : {}),
      },
    }),
  );
}

/** Runs up to a node; what the run that is shown has given before it is used again. */
export function runNode(session: FlowSession, node: string): Promise<string | undefined> {
  const view = session.run.get();
  const pins: Record<string, Settings> = {};
  for (const { id } of nodesBefore(session.editor.graph, node)) {
    const work = view.nodes[id];
    if (work?.status === "done" && work.output) pins[id] = work.output;
  }
  Object.assign(pins, pinsFor(session.pins, session.editor.graph.nodes));
  // The node itself is to run, and not to give what is pinned.
  delete pins[node];
  const input = view.run?.input ?? {};
  return begin(session, () =>
    runs.start(session.id, { input, draft: true, options: { target: node, pins } }),
  );
}

/** Runs the draft once more with what the run that is shown was given, from the same trigger. */
export function runAgain(session: FlowSession): Promise<string | undefined> {
  const { run, steps } = session.run.get();
  const isTrigger = (id: string) => {
    const node = nodeOf(session.editor.graph, id);
    return node !== undefined && session.book.types.get(node.type)?.role === "trigger";
  };
  return runDraft(session, run?.input ?? {}, steps.find(({ node }) => isTrigger(node))?.node);
}

export function retryRun(session: FlowSession): Promise<string | undefined> {
  const { run } = session.run.get();
  if (!run) return Promise.resolve(undefined);
  return begin(session, () => runs.act(run.id, "retry"));
}

/** A new run that keeps what came before the node, and goes on from there, with another input if given. */
export function forkFrom(session: FlowSession, node: string, input?: Settings): Promise<string | undefined> {
  const { run } = session.run.get();
  if (!run) return Promise.resolve(undefined);
  return begin(session, () => runs.fork(run.id, node, input));
}

export async function stopRun(session: FlowSession): Promise<void> {
  const { run, status } = session.run.get();
  if (!run || isOver(status)) return;
  try {
    session.run.set({ run: await runs.act(run.id, "stop") });
  } catch (thrown) {
    showFailure(thrown);
  }
}

/** What a trigger is given: its `fields`, where it has such a setting. */
export interface InputField {
  name: string;
  title: string;
  type: string;
  required: boolean;
  default: Json | undefined;
  description: string;
  options: string[];
}

export function inputFields(trigger: FlowNode | undefined): InputField[] {
  const raw = trigger?.settings.fields;
  if (!Array.isArray(raw)) return [];
  return raw.flatMap((one): InputField[] => {
    if (!one || typeof one !== "object" || Array.isArray(one) || typeof one.name !== "string") return [];
    const text = (value: Json | undefined) => (typeof value === "string" ? value : "");
    return [
      {
        name: one.name,
        title: text(one.title) || one.name,
        type: text(one.type) || "string",
        required: one.required === true,
        default: one.default ?? undefined,
        description: text(one.description),
        options: Array.isArray(one.options) ? one.options.filter((o) => typeof o === "string") : [],
      },
    ];
  });
}
