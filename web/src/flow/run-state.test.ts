import { expect, test } from "vitest";
import type { Execution, NodeRun } from "../api/flows";
import { applyEvent, caughtUp, eventCutter, noRun, type RunEvent, viewOf } from "./run-state";

const play = (events: RunEvent[]) => events.reduce(applyEvent, noRun);

test("nodes light up, stream, and end", () => {
  const view = play([
    { seq: 1, type: "execution:started" },
    { seq: 2, type: "node:started", node: "text" },
    { seq: 3, type: "node:streamed", node: "text", port: "text", piece: "Hel" },
    { seq: 4, type: "node:streamed", node: "text", port: "text", piece: "lo" },
  ]);
  expect(view.status).toBe("running");
  expect(view.nodes.text).toMatchObject({ status: "running", streamed: { text: "Hello" } });
  const ended = [
    {
      seq: 5,
      type: "execution:progress",
      node: "text",
      state: "done",
      output: { text: "Hello" },
      error: null,
      duration_us: 12,
    },
    { seq: 6, type: "execution:completed", output: "Hello" },
  ] as RunEvent[];
  const done = ended.reduce(applyEvent, view);
  expect(done).toMatchObject({ status: "completed", output: "Hello", seq: 6 });
  expect(done.nodes.text).toMatchObject({ status: "done", output: { text: "Hello" }, count: 1 });
});

test("events that come again after a break change nothing", () => {
  const events: RunEvent[] = [
    { seq: 1, type: "execution:started" },
    { seq: 2, type: "node:streamed", node: "a", port: "text", piece: "x" },
  ];
  expect(play([...events, ...events])).toEqual(play(events));
});

test("iterations of a loop are counted, and a failed one is remembered", () => {
  const step = (state: "done" | "failed", seq: number): RunEvent => ({
    seq,
    type: "execution:progress",
    node: "a",
    iteration: `loop:${seq}`,
    state,
    output: null,
    error: state === "failed" ? "broken" : null,
    duration_us: 5,
  });
  const view = play([step("done", 1), step("failed", 2), step("done", 3)]);
  expect(view.nodes.a).toMatchObject({ count: 3, failures: 1, durationUs: 15 });
});

test("a stored run gives the same picture as a followed one", () => {
  const step = (node: string, more: Partial<NodeRun>): NodeRun =>
    ({
      node,
      iteration: "",
      status: "done",
      output: {},
      error: null,
      wait: null,
      tokens: 2,
      nano_usd: 3,
      started_at: "2026-01-01T00:00:00Z",
      ended_at: "2026-01-01T00:00:01Z",
      ...more,
    }) as NodeRun;
  const failure = { kind: "input", message: "no list" };
  const execution = {
    status: "failed",
    error: { message: "no list", node: "b" },
    node_runs: [
      step("a", { iteration: "l:0" }),
      step("a", { iteration: "l:1" }),
      step("b", { status: "failed", error: failure }),
    ],
  } as unknown as Execution;
  const view = viewOf(execution);
  expect(view.nodes.a).toMatchObject({ count: 2, tokens: 4, nanoUsd: 6, durationUs: 2_000_000 });
  expect(view.nodes.b).toMatchObject({ status: "failed", failure });
  expect(view.error).toBe("no list");
});

test("what a run's end cut off is not at work any more, and streamed text stays", () => {
  const step = { node: "a", iteration: "", status: "done", output: {}, started_at: "2026-01-01T00:00:00Z" };
  const execution = (status: string) => ({ status, seq: 5, node_runs: [step] }) as unknown as Execution;
  const live = play([
    { seq: 1, node: "a", type: "node:streamed", port: "text", piece: "Hi" },
    { seq: 2, node: "b", type: "node:started" },
  ]);
  const running = caughtUp(live, execution("running"));
  expect(running.nodes.b?.status).toBe("running");
  const over = caughtUp(live, execution("completed"));
  expect(over.nodes).toMatchObject({ a: { status: "done", streamed: { text: "Hi" } } });
  expect(over.nodes.b).toBeUndefined();
  expect(over.seq).toBe(5);
});

test("events are cut out of pieces that end anywhere", () => {
  const text =
    'id: 1\nevent: x\ndata: {"seq":1,"type":"execution:started"}\r\n\r\n: ping\n\ndata: {"seq":2,"type":"execution:waiting"}\n\n';
  for (let size = 1; size < text.length; size += 3) {
    const cut = eventCutter();
    const found: RunEvent[] = [];
    for (let at = 0; at < text.length; at += size) found.push(...cut(text.slice(at, at + size)));
    expect(found.map(({ seq }) => seq)).toEqual([1, 2]);
  }
});
