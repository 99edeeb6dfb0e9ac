import { Failure } from "../api/failure";
import { runs } from "../api/flows";
import { sessionFetch } from "../session/fetch";
import { applyEvent, caughtUp, eventCutter, isOver, noRun, type RunView } from "./run-state";

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/**
 * Follows a run until it ends or `signal` says so. After a break it goes on behind the last event that
 * was seen. Whenever the run ends or waits, everything the server keeps of it is read.
 */
export async function watchRun(
  id: string,
  show: (view: RunView) => void,
  signal: AbortSignal,
): Promise<void> {
  let view: RunView = { ...noRun, status: "queued" };
  const read = async () => {
    const execution = await runs.get(id);
    if (signal.aborted) return;
    view = caughtUp(view, execution);
    show(view);
  };
  for (let tries = 0; !signal.aborted && tries < 60; tries += 1) {
    try {
      const response = await sessionFetch(`/api/v1/executions/${id}/events?after=${view.seq}`, { signal });
      if (!response.ok) throw Failure.from(response, await response.json().catch(() => null));
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const cut = eventCutter();
      for (;;) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
        if (done) break;
        const before = view.status;
        for (const event of cut(value)) view = applyEvent(view, event);
        show(view);
        if (view.status === "waiting" && before !== "waiting") void read().catch(() => undefined);
        tries = 0;
      }
    } catch (thrown) {
      if (signal.aborted) return;
      const failure = Failure.of(thrown);
      if (failure.status >= 400 && failure.status < 500) throw failure;
    }
    if (signal.aborted) return;
    await read().catch(() => undefined);
    if (isOver(view.status)) return;
    await pause(Math.min(500 * (tries + 1), 5_000));
  }
}
