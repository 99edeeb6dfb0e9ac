import type { ChatCall } from "../../components/snippet";

/** An image as the composer holds it. */
export interface Picture {
  name: string;
  /** A `data:` URL. */
  url: string;
}

export interface Question {
  text: string;
  pictures: Picture[];
}

export interface ToolCall {
  name: string;
  /** JSON, in pieces while it streams. */
  arguments: string;
}

/** What a model has said so far, and how it went. */
export interface Answer {
  state: "waiting" | "streaming" | "done" | "stopped" | "failed";
  text: string;
  reasoning: string;
  toolCalls: ToolCall[];
  error: unknown;
  requestId: string | null;
  /** From sending to the first piece, in milliseconds. */
  firstMs: number | null;
  totalMs: number | null;
  inputTokens: number | null;
  outputTokens: number | null;
  finish: string | null;
  /** Exactly what was sent. */
  call: ChatCall;
}

export interface Exchange {
  id: string;
  question: Question;
  answer: Answer;
}

/** What holds for both models. Numbers are empty text where the model's default is meant. */
export interface Settings {
  system: string;
  temperature: number | string;
  topP: number | string;
  maxTokens: number | string;
  /** JSON of an array of tools; empty for none. */
  tools: string;
  /** A JSON schema that the answer has to follow; empty for none. */
  schema: string;
}

export const defaults: Settings = {
  system: "",
  temperature: "",
  topP: "",
  maxTokens: "",
  tools: "",
  schema: "",
};

/** Why a text is not the JSON that is wanted; null when it is, or empty. */
export function jsonProblem(text: string, wanted: "array" | "object"): string | null {
  if (text.trim() === "") return null;
  try {
    const value: unknown = JSON.parse(text);
    const fits = wanted === "array" ? Array.isArray(value) : isObject(value);
    return fits ? null : wanted;
  } catch (error) {
    return error instanceof Error ? error.message : wanted;
  }
}

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

function content({ text, pictures }: Question): unknown {
  if (pictures.length === 0) return text;
  const images = pictures.map(({ url }) => ({ type: "image_url", image_url: { url } }));
  return text ? [{ type: "text", text }, ...images] : images;
}

/** The call that asks a model the next question of a conversation. */
export function chatCall(
  model: string,
  settings: Settings,
  before: Exchange[],
  question: Question,
): ChatCall {
  const messages: unknown[] = [];
  if (settings.system.trim()) messages.push({ role: "system", content: settings.system });
  for (const { question: asked, answer } of before) {
    // A question without an answer would make two turns of the user in a row, which some vendors refuse.
    if (!answer.text) continue;
    messages.push({ role: "user", content: content(asked) }, { role: "assistant", content: answer.text });
  }
  messages.push({ role: "user", content: content(question) });
  const call: ChatCall = { model, messages, stream: true, stream_options: { include_usage: true } };
  if (settings.temperature !== "") call.temperature = Number(settings.temperature);
  if (settings.topP !== "") call.top_p = Number(settings.topP);
  if (settings.maxTokens !== "") call.max_tokens = Number(settings.maxTokens);
  if (settings.tools.trim()) call.tools = JSON.parse(settings.tools);
  if (settings.schema.trim()) {
    const schema = JSON.parse(settings.schema);
    call.response_format = { type: "json_schema", json_schema: { name: "answer", strict: true, schema } };
  }
  return call;
}

export function emptyAnswer(call: ChatCall): Answer {
  return {
    state: "waiting",
    text: "",
    reasoning: "",
    toolCalls: [],
    error: null,
    requestId: null,
    firstMs: null,
    totalMs: null,
    inputTokens: null,
    outputTokens: null,
    finish: null,
    call,
  };
}

/** A piece of a stream, as far as we read it. */
export interface Chunk {
  choices?: {
    delta?: {
      content?: string | null;
      reasoning_content?: string | null;
      tool_calls?: { index?: number; function?: { name?: string; arguments?: string } }[];
    };
    finish_reason?: string | null;
  }[];
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null;
}

/** The answer with one more piece. */
export function withChunk(answer: Answer, chunk: Chunk, elapsedMs: number): Answer {
  const choice = chunk.choices?.[0];
  const delta = choice?.delta;
  const toolCalls = [...answer.toolCalls];
  for (const piece of delta?.tool_calls ?? []) {
    const at = piece.index ?? 0;
    const before = toolCalls[at] ?? { name: "", arguments: "" };
    toolCalls[at] = {
      name: before.name + (piece.function?.name ?? ""),
      arguments: before.arguments + (piece.function?.arguments ?? ""),
    };
  }
  const says = Boolean(delta?.content || delta?.reasoning_content || delta?.tool_calls?.length);
  return {
    ...answer,
    state: "streaming",
    text: answer.text + (delta?.content ?? ""),
    reasoning: answer.reasoning + (delta?.reasoning_content ?? ""),
    toolCalls,
    firstMs: answer.firstMs ?? (says ? elapsedMs : null),
    finish: choice?.finish_reason ?? answer.finish,
    inputTokens: chunk.usage?.prompt_tokens ?? answer.inputTokens,
    outputTokens: chunk.usage?.completion_tokens ?? answer.outputTokens,
  };
}
