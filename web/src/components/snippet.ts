/** A chat call as a program would make it. */
export interface ChatCall {
  model: string;
  messages: unknown[];
  stream?: boolean;
  [parameter: string]: unknown;
}

export type SnippetLanguage = "curl" | "python" | "node";

export const snippetLanguages: Record<SnippetLanguage, string> = {
  curl: "curl",
  python: "Python",
  node: "Node.js",
};

/** A first call that needs no vendor: the built-in model answers from the text it is given. */
export const helloCall: ChatCall = {
  model: "builtin/extract",
  messages: [
    { role: "system", content: "[1] The library opened in 1987. [2] A yearly card costs 24.50 EUR." },
    { role: "user", content: "How much is a yearly card?" },
  ],
};

/** Python's words for JSON's, with the same indentation. */
function python(value: unknown, indent: string): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const [open, close, items] = Array.isArray(value)
    ? ["[", "]", value.map((item) => python(item, deeper))]
    : [
        "{",
        "}",
        Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${python(item, deeper)}`),
      ];
  if (items.length === 0) return open + close;
  const line = `${open}${items.join(", ")}${close}`;
  if (indent.length + line.length <= 76) return line;
  return `${open}\n${items.map((item) => `${deeper}${item},\n`).join("")}${indent}${close}`;
}

/** Fields that the official clients do not know go through `extra_body`; everything else is named. */
function pythonCall(call: ChatCall): string {
  const fields = Object.entries(call).map(([key, value]) => `    ${key}=${python(value, "    ")},\n`);
  return `client.chat.completions.create(\n${fields.join("")})`;
}

/** Text inside single quotes of a shell. */
const quoted = (text: string) => text.replaceAll("'", String.raw`'\''`);

/** A program that makes the call, ready to be pasted and run. */
export function snippet(language: SnippetLanguage, call: ChatCall, origin: string, apiKey: string): string {
  if (language === "curl") {
    return [
      `curl${call.stream ? " -N" : ""} ${origin}/v1/chat/completions \\`,
      `  -H 'Authorization: Bearer ${apiKey}' \\`,
      "  -H 'Content-Type: application/json' \\",
      `  -d '${quoted(JSON.stringify(call, null, 2))}'`,
    ].join("\n");
  }
  if (language === "python") {
    const read = call.stream
      ? 'for chunk in answer:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="")'
      : "print(answer.choices[0].message.content)";
    return `# pip install openai
from openai import OpenAI

client = OpenAI(base_url="${origin}/v1", api_key="${apiKey}")
answer = ${pythonCall(call)}
${read}
`;
  }
  const read = call.stream
    ? 'for await (const chunk of answer) process.stdout.write(chunk.choices[0]?.delta?.content ?? "");'
    : "console.log(answer.choices[0].message.content);";
  return `// npm install openai
import OpenAI from "openai";

const client = new OpenAI({ baseURL: "${origin}/v1", apiKey: "${apiKey}" });
const answer = await client.chat.completions.create(${JSON.stringify(call, null, 2)});
${read}
`;
}
