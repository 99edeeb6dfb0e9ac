import { Failure } from "./failure";

/** Cuts server-sent events out of a text that arrives in pieces; gives back the data of each. */
export class EventReader {
  private rest = "";

  push(piece: string): string[] {
    // JSON has no bare carriage return, and a piece may end between the two characters of a line end.
    this.rest += piece.replaceAll("\r", "");
    const events = this.rest.split("\n\n");
    this.rest = events.pop() ?? "";
    return events.map(dataOf).filter((data) => data !== "");
  }
}

function dataOf(event: string): string {
  const lines = event.split("\n").filter((line) => line.startsWith("data:"));
  return lines.map((line) => line.slice(5).replace(/^ /, "")).join("\n");
}

/**
 * The JSON of each event of a stream. An error event is thrown, and so is a stream that ends without
 * `[DONE]`: what broke off must not look complete.
 */
export async function* readStream(response: Response): AsyncGenerator<unknown> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  const events = new EventReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const data of events.push(value)) {
      if (data === "[DONE]") return;
      const parsed = JSON.parse(data) as { error?: unknown };
      if (parsed.error) throw Failure.from(response, parsed);
      yield parsed;
    }
  }
  throw new Failure(
    "The stream broke off before the end.",
    0,
    "stream_broken",
    null,
    response.headers.get("x-request-id"),
  );
}
