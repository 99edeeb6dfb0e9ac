import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { type ChatCall, helloCall, snippet } from "./snippet";

const call: ChatCall = {
  model: "a/b",
  messages: [{ role: "user", content: 'It\'s "five" $HOME `date`\nnew line' }],
  temperature: 0.2,
  stream: true,
  tools: [
    { type: "function", function: { name: "f", parameters: { additionalProperties: false, default: null } } },
  ],
};

test("a shell passes exactly the body that was meant", () => {
  const script = snippet("curl", call, "http://localhost", "nab-1").replace(/^curl/, "printf '%s\\n'");
  const said = execFileSync("sh", ["-c", script], { encoding: "utf8" });
  expect(JSON.parse(said.slice(said.indexOf("{")))).toEqual(call);
  expect(said).toContain("Authorization: Bearer nab-1");
});

test("what Python gets is valid Python with the same values", () => {
  const code = snippet("python", call, "http://localhost", "nab-1");
  expect(code).toContain("temperature=0.2");
  expect(code).toContain("stream=True");
  expect(code).toContain('"additionalProperties": False');
  expect(code).toContain('"default": None');
  expect(code).toContain(String.raw`"It's \"five\" $HOME ${"`date`"}\nnew line"`);
});

test("each language names the server and the key", () => {
  for (const language of ["curl", "python", "node"] as const) {
    const code = snippet(language, helloCall, "https://ai.example.org", "nab-2");
    expect(code).toContain("https://ai.example.org/v1");
    expect(code).toContain("nab-2");
  }
});
