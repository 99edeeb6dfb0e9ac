import { describe, expect, test } from "vitest";
import { noRun } from "../../../flow/run-state";
import { sampleTypes } from "../../../flow/sample";
import { answerText, chatInput, isChat, newChat, openingOf, streamedText, type Turn } from "./chat";

const work = { count: 0, failures: 0, durationUs: 0, tokens: 0, nanoUsd: 0, status: "running" as const };

describe("a conversation with the draft", () => {
  test("triggers that give a conversation are talked to, others get a form", () => {
    const manual = sampleTypes.find(({ type }) => type === "input.manual");
    expect(isChat(manual)).toBe(false);
    const messages = { name: "messages", type: "array<message>", title: "Conversation" };
    expect(isChat(manual && { ...manual, ports: { inputs: [], outputs: [messages] } })).toBe(true);
    expect(isChat(undefined)).toBe(false);
  });

  test("an answer is the text in a run's output, however deep it lies", () => {
    expect(answerText("Yes.")).toBe("Yes.");
    expect(answerText({ model: { text: "Yes." } })).toBe("Yes.");
    expect(answerText({ text: "Yes.", tokens: 3 })).toBe("Yes.");
    expect(answerText(null)).toBe("");
    expect(JSON.parse(answerText({ a: 1, b: 2 }))).toEqual({ a: 1, b: 2 });
  });

  test("the next message goes with the turns before it, without those that failed", () => {
    const turns: Turn[] = [
      { id: "0", role: "user", text: "Coffee?" },
      { id: "1", role: "assistant", text: "", failure: "failed" },
      { id: "2", role: "user", text: "Tea?" },
      { id: "3", role: "assistant", text: "Yes." },
    ];
    expect(chatInput(turns, "Now?", "7")).toEqual({
      message: "Now?",
      messages: [
        { role: "user", content: "Coffee?" },
        { role: "user", content: "Tea?" },
        { role: "assistant", content: "Yes." },
      ],
      conversation_id: "7",
    });
  });

  test("what streams is shown of the node that began last", () => {
    const nodes = {
      first: { ...work, streamed: { text: "old" } },
      second: { ...work, streamed: { text: "new" } },
      third: { ...work, streamed: {} },
    };
    expect(streamedText({ ...noRun, nodes })).toBe("new");
    expect(streamedText(noRun)).toBe("");
  });

  test("greeting and suggestions come from the trigger, and conversations are told apart", () => {
    const node = { id: "chat", type: "t", version: 1, settings: { greeting: "Hi", suggestions: ["A", 1] } };
    expect(openingOf(node)).toEqual({ greeting: "Hi", suggestions: ["A"] });
    expect(openingOf(undefined)).toEqual({ greeting: "", suggestions: [] });
    expect(newChat().conversation).not.toBe(newChat().conversation);
  });
});
