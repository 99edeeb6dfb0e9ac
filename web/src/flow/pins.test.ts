import { expect, test } from "vitest";
import { openPins, pin, pinsFor, unpin } from "./pins";

function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

test("pins are kept for each flow and are there when it is opened again", () => {
  const storage = memory();
  pin(openPins("a", storage), "text", { text: "Hi" });
  expect(openPins("a", storage).get().outputs).toEqual({ text: { text: "Hi" } });
  expect(openPins("b", storage).get().outputs).toEqual({});
});

test("a pin that is taken off is gone, and nodes that are gone have none in a run", () => {
  const storage = memory();
  const pins = openPins("a", storage);
  pin(pins, "text", { text: "Hi" });
  pin(pins, "gone", { text: "Bye" });
  expect(pinsFor(pins, [{ id: "text" }, { id: "other" }])).toEqual({ text: { text: "Hi" } });
  unpin(pins, "text");
  expect(openPins("a", storage).get().outputs).toEqual({ gone: { text: "Bye" } });
});

test("what is no JSON, or no object, is taken for nothing", () => {
  const storage = memory();
  storage.kept.set("flow-pins:a", "[1");
  storage.kept.set("flow-pins:b", "[1]");
  expect(openPins("a", storage).get().outputs).toEqual({});
  expect(openPins("b", storage).get().outputs).toEqual({});
});

test("a browser that keeps nothing still pins until the page is left", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error("full");
    },
  };
  const pins = openPins("a", full);
  pin(pins, "text", { text: "Hi" });
  expect(pins.get().outputs.text).toEqual({ text: "Hi" });
});
