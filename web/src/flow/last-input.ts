import type { Json, Settings } from "./graph";

const keyOf = (flow: string) => `flow-input:${flow}`;

/** What a flow was given the last time, in this browser. */
export function lastInput(flow: string): Settings {
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(flow)) ?? "{}") as Settings;
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
