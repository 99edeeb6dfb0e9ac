import { expect, test } from "vitest";
import type { Citation } from "../../api/collections";
import { messagesOf, newTurn, pieces, withEvent } from "./answer";

const citation = (number: number, end: number) => ({ number, end, quote: "so it is" }) as Citation;

test("an answer is cut at the marks of its citations, also behind characters outside of the basic plane", () => {
  expect(pieces("😀 Ten days [1]. And [2]", [citation(2, 23), citation(1, 14)])).toEqual([
    { text: "😀 Ten days " },
    { text: "[1]", citation: citation(1, 14) },
    { text: ". And " },
    { text: "[2]", citation: citation(2, 23) },
  ]);
});

test("a citation whose mark does not stand where it says leaves the text whole", () => {
  expect(pieces("No mark here", [citation(1, 5)])).toEqual([{ text: "No mark here" }]);
});

test("events build the turn, and only the last says whether the documents have an answer", () => {
  let turn = newTurn("a", "How many?");
  turn = withEvent(turn, { sources: [], model: "builtin/extract", notes: ["text search alone"] });
  turn = withEvent(turn, { text: "Ten " });
  turn = withEvent(turn, { text: "days [1]" });
  turn = withEvent(turn, citation(1, 12));
  expect(turn).toMatchObject({ state: "streaming", text: "Ten days [1]", notes: ["text search alone"] });
  expect(turn.found).toBeUndefined();
  turn = withEvent(turn, { found: true, usage: { cost_nano_usd: 0, input_tokens: 1, output_tokens: 1 } });
  expect(turn).toMatchObject({ state: "done", found: true });
});

test("turns that failed are no part of the conversation", () => {
  const done = { ...newTurn("a", "First?"), state: "done" as const, text: "Yes." };
  const failed = { ...newTurn("b", "Second?"), state: "failed" as const, text: "Ye" };
  expect(messagesOf([done, failed], "Third?")).toEqual([
    { role: "user", content: "First?" },
    { role: "assistant", content: "Yes." },
    { role: "user", content: "Third?" },
  ]);
});
