import { Failure } from "../api/failure";
import { sessionFetch } from "../session/fetch";

/**
 * Loads a file of the API and gives it to the browser to keep. A link alone would end in an error page
 * where the session has just run out.
 */
export async function download(path: string, name: string, init?: RequestInit): Promise<void> {
  const response = await sessionFetch(path, init);
  if (!response.ok) throw Failure.from(response, await response.json().catch(() => null));
  save(await response.blob(), name);
}

/** Gives a text to the person as a file; what file names cannot hold is replaced. */
export function saveText(name: string, text: string): void {
  save(new Blob([text], { type: "application/json" }), name.replace(/[\\/:*?"<>|]+/g, "-"));
}

function save(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
