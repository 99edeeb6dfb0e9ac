/** A conversation with the draft: each message is a run. */
import { filesIn, type StoredFile } from "../../../flow/files";
import type { FlowNode, Json } from "../../../flow/graph";
import type { NodeType } from "../../../flow/node-type";
import { isOver, type RunView } from "../../../flow/run-state";
import type { FlowSession } from "../session";
import { runDraft } from "./start";

export interface Turn {
  /** Its place in the conversation. */
  id: string;
  role: "user" | "assistant";
  text: string;
  files?: StoredFile[];
  /** The run that was given these files, or gave them. */
  run?: string;
  /** The run that gave the answer came to no end of its own. */
  failure?: "failed" | "cancelled";
}

/** Whether runs of this trigger begin with a message of a conversation. */
export function isChat(type: NodeType | undefined): boolean {
  return (
    type?.role === "trigger" &&
    type.ports.outputs.some((port) => port.type.replaceAll(" ", "") === "array<message>")
  );
}

/** What the trigger's page says and offers before the first message. */
export function openingOf(trigger: FlowNode | undefined): { greeting: string; suggestions: string[] } {
  const { greeting, suggestions } = trigger?.settings ?? {};
  return {
    greeting: typeof greeting === "string" ? greeting : "",
    suggestions: Array.isArray(suggestions) ? suggestions.filter((one) => typeof one === "string") : [],
  };
}

/** A run's answer as a text: the one text in it, or JSON. */
export function answerText(output: Json | undefined): string {
  if (output === undefined || output === null) return "";
  if (typeof output === "string") return output;
  if (typeof output !== "object") return String(output);
  if (!Array.isArray(output)) {
    const { text } = output;
    if (typeof text === "string") return text;
    const [only, ...others] = Object.values(output);
    if (only !== undefined && others.length === 0) return answerText(only);
  }
  return JSON.stringify(output, null, 2);
}

/** What an answer says in words beside its files. */
function textBeside(output: Json | undefined): string {
  if (!output || typeof output !== "object" || Array.isArray(output) || "$file" in output) return "";
  return Object.values(output)
    .filter((value) => typeof value === "string")
    .join("\n\n");
}

/** Whether the page of this trigger takes files. */
export function takesFiles(trigger: FlowNode | undefined): boolean {
  return trigger?.settings.allow_files === true;
}

/** The text that comes in at this moment: of the node that began last. */
export function streamedText(view: RunView): string {
  const streams = Object.values(view.nodes).filter(({ streamed }) => Object.values(streamed).join("") !== "");
  return Object.values(streams.at(-1)?.streamed ?? {}).join("\n");
}

/** What a run is given for the next message. */
export function chatInput(
  turns: Turn[],
  message: string,
  conversation: string,
  files: StoredFile[] = [],
): Json {
  const messages = turns
    .filter(({ failure }) => failure === undefined)
    .map(({ role, text }) => ({ role, content: text }));
  const input = { message, messages, conversation_id: conversation };
  return files.length > 0 ? { ...input, files: files.map((file) => ({ ...file })) } : input;
}

/** Resolves with the run's last view, or with nothing when another run is shown instead. */
function ended(session: FlowSession, id: string): Promise<RunView | undefined> {
  return new Promise((resolve) => {
    const look = () => {
      const view = session.run.get();
      const isOther = view.run !== undefined && view.run.id !== id;
      if (!isOther && view.status !== undefined && !(view.run && isOver(view.status))) return;
      unsubscribe();
      resolve(isOther || view.status === undefined ? undefined : view);
    };
    const unsubscribe = session.run.subscribe(look);
  });
}

/** Sends a message and puts the answer behind it. */
export async function say(
  session: FlowSession,
  trigger: string,
  message: string,
  files: StoredFile[] = [],
): Promise<void> {
  const { turns, conversation } = session.chat.get();
  const add = (turn: Omit<Turn, "id">) =>
    session.chat.set((state) => ({ turns: [...state.turns, { ...turn, id: String(state.turns.length) }] }));
  add({ role: "user", text: message, files });
  session.chat.set({ isBusy: true });
  const id = await runDraft(session, chatInput(turns, message, conversation, files), trigger);
  const view = id === undefined ? undefined : await ended(session, id);
  if (session.chat.get().conversation !== conversation) return;
  session.chat.set({ isBusy: false });
  if (view?.status === "completed") {
    const made = filesIn(view.output);
    // Files are seen; their JSON says nothing more.
    const text =
      made.length > 0 && typeof view.output !== "string" ? textBeside(view.output) : answerText(view.output);
    add({ role: "assistant", text, files: made, run: id });
  } else add({ role: "assistant", text: "", failure: view?.status === "failed" ? "failed" : "cancelled" });
}

export interface Chat {
  turns: Turn[];
  conversation: string;
  isBusy: boolean;
}

export function newChat(): Chat {
  return { turns: [], conversation: crypto.getRandomValues(new BigUint64Array(1)).join(""), isBusy: false };
}
