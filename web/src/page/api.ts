import { EventReader } from "../api/events";
import { Failure } from "../api/failure";
import { csrfFetch, requestTo } from "../session/csrf";
import { refresh } from "../session/renewal";

export interface FormField {
  name: string;
  title: string;
  type: string;
  required: boolean;
  default: unknown;
  description: string;
  options: string[];
}

/** What a page shows. Only its looks are known while it is not open to this visitor. */
export interface Shown {
  kind: "chat" | "form";
  title: string;
  color: string;
  logo: string;
  access: "public" | "members" | "password";
  is_open: boolean;
  max_message_chars?: number;
  greeting?: string | null;
  suggestions?: string[] | null;
  allow_files?: boolean | null;
  description?: string | null;
  button?: string | null;
  fields?: FormField[];
}

export interface Cited {
  number: number | null;
  document: string | null;
  page: number | null;
  quote: string;
}

export interface Turn {
  id: string;
  message: string;
  files: string[];
  state: "running" | "waiting" | "done" | "failed";
  answer: string | null;
  citations: Cited[];
  created_at: string;
}

export interface Upload {
  name: string;
  media_type: string;
  data: string;
}

export type ChatEvent =
  | { type: "begun"; conversation: string | null; turn: string }
  | { type: "text"; text: string }
  | { type: "waiting" }
  | { type: "done" | "failed"; turn: Turn };

/** What this tab remembers of a page; without storage, for as long as it is shown. */
export interface Kept {
  conversation?: string;
  grant?: string;
}

/** A page of a flow, as its visitor calls it. */
export class PageClient {
  private kept: Kept;

  constructor(private readonly token: string) {
    this.kept = this.load();
  }

  get hasConversation(): boolean {
    return this.kept.conversation !== undefined;
  }

  keep(kept: Kept): void {
    this.kept = { ...this.kept, ...kept };
    try {
      sessionStorage.setItem(this.key, JSON.stringify(this.kept));
    } catch {
      // Storage is switched off, as in some frames: it lasts until the page is left.
    }
  }

  private get key(): string {
    return `nab-page:${this.token}`;
  }

  private load(): Kept {
    try {
      return JSON.parse(sessionStorage.getItem(this.key) ?? "{}") as Kept;
    } catch {
      return {};
    }
  }

  describe(): Promise<Shown> {
    return this.json("");
  }

  async unlock(password: string): Promise<void> {
    const { grant } = await this.json<{ grant: string }>("/unlock", { password });
    this.keep({ grant });
  }

  async turns(): Promise<Turn[]> {
    const { turns } = await this.json<{ turns: Turn[] }>("/conversation");
    return turns;
  }

  async submit(input: Record<string, unknown>): Promise<Turn> {
    const { conversation, turn } = await this.json<{ conversation: string; turn: Turn }>("/submissions", {
      input,
    });
    this.keep({ conversation });
    return turn;
  }

  /** Says something, and gives `show` each event of the answer. */
  async send(message: string, files: Upload[], show: (event: ChatEvent) => void): Promise<void> {
    const response = await this.call("/messages", { message, files });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const events = new EventReader();
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
      if (done) return;
      for (const data of events.push(value)) {
        const event = JSON.parse(data) as ChatEvent;
        if (event.type === "begun" && event.conversation) this.keep({ conversation: event.conversation });
        show(event);
      }
    }
  }

  private async json<T>(path: string, body?: unknown): Promise<T> {
    const response = await this.call(path, body);
    return (await response.json()) as T;
  }

  private async call(path: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = {};
    if (this.kept.conversation) headers["x-nab-conversation"] = this.kept.conversation;
    if (this.kept.grant) headers["x-nab-page-grant"] = this.kept.grant;
    const init: RequestInit = { headers };
    if (body !== undefined) {
      init.method = "POST";
      init.body = JSON.stringify(body);
      headers["content-type"] = "application/json";
    }
    const request = requestTo(`/pages/${this.token}${path}`, init);
    const response = await csrfFetch(request);
    if (response.ok) return response;
    throw Failure.from(response, await response.json().catch(() => null));
  }
}

/** Renews the session of a member whose short-lived part has run out; whether there is one. */
export async function renewed(): Promise<boolean> {
  try {
    return await refresh();
  } catch {
    return false;
  }
}

/** A file as it goes into a request. */
export function read(file: File): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onerror = () => reject(reader.error);
    reader.onload = () => {
      const url = String(reader.result);
      resolve({ name: file.name, media_type: file.type, data: url.slice(url.indexOf(",") + 1) });
    };
    reader.readAsDataURL(file);
  });
}

export const mostFiles = 5;
export const mostBytes = 10 * 1024 * 1024;
