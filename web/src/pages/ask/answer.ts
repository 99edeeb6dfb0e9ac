import type { components } from "../../../types/schema";
import { type Citation, collections, type Source } from "../../api/collections";
import { EventReader } from "../../api/events";
import { Failure } from "../../api/failure";
import { sessionFetch } from "../../session/fetch";

type Schemas = components["schemas"];

/** A question and what has come of its answer. */
export interface Turn {
  id: string;
  question: string;
  state: "streaming" | "done" | "stopped" | "failed";
  text: string;
  sources: Source[];
  citations: Citation[];
  flags: Schemas["Flag"][];
  notes: string[];
  model?: string | null;
  /** Known at the end: whether the documents have an answer. */
  found?: boolean;
  usage?: Schemas["AskUsage"];
  error?: unknown;
}

export function newTurn(id: string, question: string): Turn {
  return { id, question, state: "streaming", text: "", sources: [], citations: [], flags: [], notes: [] };
}

/** What a stream sends; its fields tell which event it is. */
type AskEvent =
  | { sources: Source[]; model?: string | null; notes: string[] }
  | { text: string }
  | Citation
  | Schemas["Flag"]
  | { found: boolean; usage: Schemas["AskUsage"] };

/** The turn after an event. Events that are not known here change nothing. */
export function withEvent(turn: Turn, event: AskEvent): Turn {
  if ("sources" in event) {
    return { ...turn, sources: event.sources, model: event.model, notes: event.notes };
  }
  if ("found" in event) return { ...turn, state: "done", found: event.found, usage: event.usage };
  if ("quote" in event) return { ...turn, citations: [...turn.citations, event] };
  if ("sentence" in event) return { ...turn, flags: [...turn.flags, event] };
  if ("text" in event) return { ...turn, text: turn.text + event.text };
  return turn;
}

export type Piece = { text: string; citation?: Citation };

/** The answer cut at the marks of its citations. Places are counted in characters, not in UTF-16 units. */
export function pieces(text: string, citations: Citation[]): Piece[] {
  const characters = [...text];
  const found: Piece[] = [];
  let from = 0;
  for (const citation of [...citations].sort((a, b) => a.end - b.end)) {
    const mark = `[${citation.number}]`;
    const start = citation.end - mark.length;
    if (start < from || characters.slice(start, citation.end).join("") !== mark) continue;
    if (start > from) found.push({ text: characters.slice(from, start).join("") });
    found.push({ text: mark, citation });
    from = citation.end;
  }
  if (from < characters.length) found.push({ text: characters.slice(from).join("") });
  return found;
}

/** The conversation in the form of the API. Turns without an answer are left out. */
export function messagesOf(turns: Turn[], question: string): Schemas["Message"][] {
  const before = turns.filter(({ state, text }) => state === "done" && text);
  return [
    ...before.flatMap((turn) => [
      { role: "user", content: turn.question },
      { role: "assistant", content: turn.text },
    ]),
    { role: "user", content: question },
  ];
}

/** Asks, and gives `show` each event of the answer. A stream that breaks off is a failure. */
export async function ask(
  collection: string,
  messages: Schemas["Message"][],
  show: (event: AskEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await sessionFetch(`/api/v1/collections/${collection}/ask`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ messages, stream: true }),
    signal,
  });
  if (!response.ok) throw Failure.from(response, await response.json().catch(() => null));
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const events = new EventReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
    if (done) break;
    for (const data of events.push(value)) {
      const event = JSON.parse(data) as AskEvent;
      if ("error" in event) throw Failure.from(response, event);
      show(event);
      if ("found" in event) return;
    }
  }
  throw new Failure("The answer broke off before its end.", 0, "stream_broken");
}

/** All collections, for the choice. */
export const collectionsQuery = {
  queryKey: ["collections", "choice"],
  queryFn: async () => (await collections.list()).data,
};
