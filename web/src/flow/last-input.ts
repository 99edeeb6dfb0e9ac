import type { Json, Settings } from "./graph";

const keyOf = (flow: string) => `flow-input:${flow}`;

/** What a flow was given the last time, in this browser; nothing where that was no object, as by templates without a sample. */
export function lastInput(flow: string): Settings {
  try {
    const kept = JSON.parse(sessionStorage.getItem(keyOf(flow)) ?? "{}") as Json;
    return kept !== null && typeof kept === "object" && !Array.isArray(kept) ? kept : {};
  } catch {
    return {};
  }
}

/** Keeps what a flow is given, for the next time. */
export function rememberInput(flow: string, input: Json): void {
  try {
    sessionStorage.setItem(keyOf(flow), JSON.stringify(input));
  } catch {
    // It is typed again, then.
  }
}
