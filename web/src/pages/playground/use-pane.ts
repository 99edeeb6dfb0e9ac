import { useCallback, useRef, useState } from "react";
import { readStream } from "../../api/events";
import { Failure } from "../../api/failure";
import { sessionFetch } from "../../session/fetch";
import {
  type Answer,
  type Chunk,
  chatCall,
  type Exchange,
  emptyAnswer,
  type Question,
  type Settings,
  withChunk,
} from "./chat";

/** One model's side of the playground: its conversation, and the answer that is under way. */
export interface Pane {
  model: string;
  setModel: (model: string) => void;
  exchanges: Exchange[];
  isBusy: boolean;
  send: (settings: Settings, question: Question) => Promise<void>;
  stop: () => void;
  clear: () => void;
}

export function usePane(initialModel: string): Pane {
  const [model, setModel] = useState(initialModel);
  const [exchanges, setExchanges] = useState<Exchange[]>([]);
  const [isBusy, setBusy] = useState(false);
  const aborter = useRef<AbortController | null>(null);

  const send = async (settings: Settings, question: Question) => {
    const call = chatCall(model, settings, exchanges, question);
    const id = crypto.randomUUID?.() ?? String(performance.now());
    let answer = emptyAnswer(call);
    const show = (next: Answer) => {
      answer = next;
      setExchanges((all) => all.map((one) => (one.id === id ? { ...one, answer: next } : one)));
    };
    setExchanges((all) => [...all, { id, question, answer }]);
    setBusy(true);
    const control = new AbortController();
    aborter.current = control;
    const began = performance.now();
    const elapsed = () => performance.now() - began;
    try {
      const response = await sessionFetch("/v1/chat/completions", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(call),
        signal: control.signal,
      });
      show({ ...answer, requestId: response.headers.get("x-request-id") });
      if (!response.ok) throw Failure.from(response, await response.json().catch(() => null));
      for await (const chunk of readStream(response)) show(withChunk(answer, chunk as Chunk, elapsed()));
      show({ ...answer, state: "done", totalMs: elapsed() });
    } catch (error) {
      const state = control.signal.aborted ? "stopped" : "failed";
      show({ ...answer, state, error: state === "failed" ? error : null, totalMs: elapsed() });
    } finally {
      setBusy(false);
    }
  };
  const stop = useCallback(() => aborter.current?.abort(), []);
  const clear = useCallback(() => {
    aborter.current?.abort();
    setExchanges([]);
  }, []);
  return { model, setModel, exchanges, isBusy, send, stop, clear };
}
