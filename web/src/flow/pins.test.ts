import { expect, test, vi } from "vitest";
import { Failure } from "../api/failure";
import type { Settings } from "./graph";
import { openPins, pin, pinsFor, unpin } from "./pins";

function memory() {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

/** A server with pins; `fail` is thrown by each change until it is taken away. */
function server(pins: Record<string, Settings> = {}) {
  const keeper = {
    pins,
    fail: undefined as Failure | undefined,
    load: async () => ({ ...keeper.pins }),
    put: async (node: string, output: Settings) => {
      if (keeper.fail) throw keeper.fail;
      keeper.pins = { ...keeper.pins, [node]: output };
    },
    remove: async (node: string) => {
      if (keeper.fail) throw keeper.fail;
      const { [node]: _, ...others } = keeper.pins;
      keeper.pins = others;
    },
  };
  return keeper;
}

function open(keeper: ReturnType<typeof server>, storage = memory(), mayWrite = true) {
  const onRefused = vi.fn();
  const store = openPins("a", { keeper, mayWrite, onRefused, storage, retryDelay: 1 });
  return { store, onRefused, storage };
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 15));

test("what is pinned is there on another device", async () => {
  const keeper = server();
  const { store, storage } = open(keeper);
  pin(store, "text", { text: "Hi" });
  await settled();
  expect(keeper.pins).toEqual({ text: { text: "Hi" } });
  expect(storage.kept.size).toBe(0);
  const other = open(keeper).store;
  await settled();
  expect(other.get().outputs).toEqual({ text: { text: "Hi" } });
  unpin(other, "text");
  await settled();
  expect(keeper.pins).toEqual({});
});

test("pins of nodes that are gone are in no run", async () => {
  const { store } = open(server({ text: { text: "Hi" }, gone: { text: "Bye" } }));
  await settled();
  expect(pinsFor(store, [{ id: "text" }, { id: "other" }])).toEqual({ text: { text: "Hi" } });
});

test("what cannot be sent waits in the browser, and what was pinned there before is sent", async () => {
  const keeper = server({ old: { text: "theirs" } });
  keeper.fail = new Failure("gone", 0, "offline");
  const storage = memory();
  storage.kept.set("flow-pins:a", JSON.stringify({ text: { text: "kept" } }));
  const { store } = open(keeper, storage);
  expect(store.get().outputs).toEqual({ text: { text: "kept" } });
  await settled();
  unpin(store, "old");
  expect(JSON.parse(storage.kept.get("flow-pins:a") ?? "")).toEqual({ text: { text: "kept" }, old: null });
  keeper.fail = undefined;
  await settled();
  expect(keeper.pins).toEqual({ text: { text: "kept" } });
  expect(storage.kept.size).toBe(0);
});

test("a pin that the server refuses is what it was before", async () => {
  const keeper = server({ text: { text: "small" } });
  const { store, onRefused, storage } = open(keeper);
  await settled();
  keeper.fail = new Failure("at most 256 KiB can be pinned", 400, "invalid_request");
  pin(store, "text", { text: "large" });
  pin(store, "other", { text: "large" });
  await settled();
  expect(store.get().outputs).toEqual({ text: { text: "small" } });
  expect(onRefused).toHaveBeenCalledTimes(2);
  expect(storage.kept.size).toBe(0);
});

test("who may not write pins for this visit alone", async () => {
  const keeper = server({ text: { text: "theirs" } });
  const { store } = open(keeper, memory(), false);
  await settled();
  pin(store, "text", { text: "mine" });
  await settled();
  expect(store.get().outputs).toEqual({ text: { text: "mine" } });
  expect(keeper.pins).toEqual({ text: { text: "theirs" } });
});

test("what is no JSON, or no object, is taken for nothing, and a full browser still pins", async () => {
  for (const text of ["[1", "[1]"]) {
    const storage = memory();
    storage.kept.set("flow-pins:a", text);
    expect(open(server(), storage).store.get().outputs).toEqual({});
  }
  const keeper = server();
  const full = {
    ...memory(),
    setItem: () => {
      throw new Error("full");
    },
  };
  const { store } = open(keeper, full);
  pin(store, "text", { text: "Hi" });
  await settled();
  expect(keeper.pins).toEqual({ text: { text: "Hi" } });
});
