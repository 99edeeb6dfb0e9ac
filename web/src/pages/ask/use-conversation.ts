import { useCallback, useEffect, useRef, useState } from "react";
import { ask, messagesOf, newTurn, type Turn, withEvent } from "./answer";

/** The conversation with one collection. Another collection begins another one. */
export function useConversation(collection: string) {
  const [turns, setTurns] = useState<Turn[]>([]);
  const aborter = useRef<AbortController>(null);
  const stop = useCallback(() => aborter.current?.abort(), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a change of the collection is what it waits for
  useEffect(() => {
    setTurns([]);
    return stop;
  }, [collection, stop]);
  const send = async (question: string) => {
    const id = crypto.randomUUID?.() ?? String(performance.now());
    const control = new AbortController();
    aborter.current = control;
    const change = (next: (turn: Turn) => Turn) =>
      setTurns((all) => all.map((turn) => (turn.id === id ? next(turn) : turn)));
    const messages = messagesOf(turns, question);
    setTurns((all) => [...all, newTurn(id, question)]);
    try {
      await ask(collection, messages, (event) => change((turn) => withEvent(turn, event)), control.signal);
    } catch (error) {
      const isStopped = control.signal.aborted;
      change((turn) => ({
        ...turn,
        state: isStopped ? "stopped" : "failed",
        error: isStopped ? null : error,
      }));
    }
  };
  const isBusy = turns.at(-1)?.state === "streaming";
  return { turns, isBusy, send, stop, clear: () => setTurns([]) };
}
