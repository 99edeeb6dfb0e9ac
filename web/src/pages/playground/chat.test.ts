import { expect, test } from "vitest";
import { type Answer, chatCall, defaults, type Exchange, emptyAnswer, jsonProblem, withChunk } from "./chat";

const question = (text: string) => ({ text, pictures: [] });

function exchange(text: string, answer: string): Exchange {
  const blank = emptyAnswer({ model: "m", messages: [] });
  return { id: text, question: question(text), answer: { ...blank, text: answer } };
}

test("a conversation goes on with what was answered, and leaves failures out", () => {
  const before = [exchange("one", "1"), exchange("broken", "")];
  const call = chatCall("m", { ...defaults, system: "Be brief." }, before, question("two"));
  expect(call.messages).toEqual([
    { role: "system", content: "Be brief." },
    { role: "user", content: "one" },
    { role: "assistant", content: "1" },
    { role: "user", content: "two" },
  ]);
});

test("settings that are left empty are left to the model", () => {
  const call = chatCall("m", defaults, [], question("hi"));
  expect(Object.keys(call).sort()).toEqual(["messages", "model", "stream", "stream_options"]);
  const set = chatCall("m", { ...defaults, temperature: 0, maxTokens: 5 }, [], question("hi"));
  expect(set).toMatchObject({ temperature: 0, max_tokens: 5 });
});

test("pictures go beside the text", () => {
  const asked = { text: "What is it?", pictures: [{ name: "a.png", url: "data:image/png;base64,AA==" }] };
  expect(chatCall("m", defaults, [], asked).messages[0]).toEqual({
    role: "user",
    content: [
      { type: "text", text: "What is it?" },
      { type: "image_url", image_url: { url: "data:image/png;base64,AA==" } },
    ],
  });
});

test("a schema and tools are sent as JSON, and bad JSON is named", () => {
  const settings = { ...defaults, tools: '[{"type":"function"}]', schema: '{"type":"object"}' };
  const call = chatCall("m", settings, [], question("hi"));
  expect(call.tools).toEqual([{ type: "function" }]);
  expect(call.response_format).toMatchObject({ json_schema: { schema: { type: "object" } } });
  expect(jsonProblem("", "array")).toBeNull();
  expect(jsonProblem("{}", "array")).toBe("array");
  expect(jsonProblem("[1", "array")).toMatch(/JSON/);
});

test("pieces add up: text, calls of tools, usage, and the time of the first word", () => {
  let answer: Answer = emptyAnswer({ model: "m", messages: [] });
  answer = withChunk(answer, { choices: [{ delta: {} }] }, 10);
  expect(answer.firstMs).toBeNull();
  answer = withChunk(answer, { choices: [{ delta: { content: "Hel" } }] }, 20);
  answer = withChunk(answer, { choices: [{ delta: { content: "lo" } }] }, 30);
  const piece = (name: string, text: string) => ({
    choices: [{ delta: { tool_calls: [{ index: 0, function: { name, arguments: text } }] } }],
  });
  answer = withChunk(answer, piece("find", '{"a"'), 40);
  answer = withChunk(answer, piece("", ":1}"), 50);
  answer = withChunk(answer, { choices: [{ delta: {}, finish_reason: "stop" }] }, 60);
  answer = withChunk(answer, { choices: [], usage: { prompt_tokens: 7, completion_tokens: 2 } }, 70);
  expect(answer).toMatchObject({
    text: "Hello",
    firstMs: 20,
    toolCalls: [{ name: "find", arguments: '{"a":1}' }],
    finish: "stop",
    inputTokens: 7,
    outputTokens: 2,
  });
});
