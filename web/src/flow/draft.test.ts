import { expect, test, vi } from "vitest";
import { Failure } from "../api/failure";
import type { SavedFlow } from "../api/flows";
import { Draft, type Journal, type JournalEntry, type SaveDraft } from "./draft";
import { readGraph, writeGraph } from "./graph";
import { setName } from "./operations";
import { sampleGraph } from "./sample";

const stored = (revision: number, name?: string): SavedFlow =>
  ({
    id: "f",
    revision,
    updated_at: "2026-01-01T00:00:00Z",
    graph: writeGraph(name ? setName(sampleGraph, "text", name) : sampleGraph),
    report: { is_valid: true, problems: [] },
  }) as unknown as SavedFlow;

function memory(): Journal & { entry?: JournalEntry } {
  const journal: Journal & { entry?: JournalEntry } = {
    read: () => journal.entry,
    write: (entry) => {
      journal.entry = entry;
    },
    clear: () => {
      journal.entry = undefined;
    },
  };
  return journal;
}

function open(save: SaveDraft, journal = memory(), flow = stored(1)) {
  return { journal, draft: new Draft({ flow, save, journal, delay: 5, retryDelay: 20 }) };
}

const rename = (draft: Draft, name: string) =>
  draft.editor.apply({ key: "rename" }, (graph) => setName(graph, "text", name));
const nameIn = (graph: Parameters<typeof readGraph>[0]) =>
  readGraph(graph).nodes.find((node) => node.id === "text")?.name;

test("a change is saved by itself, with the revision it was made to, and only once", async () => {
  const save = vi.fn<SaveDraft>((revision) => Promise.resolve(stored(revision + 1)));
  const { draft, journal } = open(save);
  rename(draft, "A");
  expect(draft.state.get().save.kind).toBe("dirty");
  expect(journal.entry?.revision).toBe(1);
  await vi.waitFor(() => expect(draft.state.get().save.kind).toBe("saved"));
  expect(save).toHaveBeenCalledTimes(1);
  expect(save.mock.calls[0]?.[0]).toBe(1);
  expect(draft.state.get().flow.revision).toBe(2);
  expect(journal.entry).toBeUndefined();
});

test("what is done while it is being saved is saved after it", async () => {
  let answer = (_: SavedFlow) => {};
  const save = vi.fn<SaveDraft>(() => new Promise((resolve) => (answer = resolve)));
  const { draft } = open(save);
  rename(draft, "A");
  const flushed = draft.flush();
  rename(draft, "B");
  answer(stored(2));
  await flushed;
  expect(draft.state.get().save.kind).toBe("dirty");
  await vi.waitFor(() => expect(save).toHaveBeenCalledTimes(2));
  expect(save.mock.calls[1]?.[0]).toBe(2);
  expect(nameIn(save.mock.calls[1]?.[1] ?? {})).toBe("B");
});

test("without a connection work goes on, is kept in the browser, and is sent later", async () => {
  const save = vi
    .fn<SaveDraft>()
    .mockRejectedValueOnce(new TypeError("failed to fetch"))
    .mockImplementation((revision) => Promise.resolve(stored(revision + 1)));
  const { draft, journal } = open(save);
  const kept: (string | undefined)[] = [];
  draft.state.subscribe(() => {
    if (draft.state.get().save.kind === "offline") kept.push(nameIn(journal.entry?.graph ?? {}));
  });
  rename(draft, "A");
  await vi.waitFor(() => expect(save).toHaveBeenCalledTimes(2));
  expect(kept[0]).toBe("A");
  await vi.waitFor(() => expect(draft.state.get().save.kind).toBe("saved"));
});

test("a killed tab loses nothing: the journal is taken up, and can be undone", async () => {
  const journal = memory();
  const lost = open(() => new Promise(() => {}), journal);
  rename(lost.draft, "A");
  const save = vi.fn<SaveDraft>((revision) => Promise.resolve(stored(revision + 1)));
  const { draft } = open(save, journal);
  expect(nameIn(draft.editor.graph)).toBe("A");
  await vi.waitFor(() => expect(draft.state.get().save.kind).toBe("saved"));
  draft.editor.undo();
  expect(nameIn(draft.editor.graph)).toBeUndefined();
});

const stale = (theirs: SavedFlow) =>
  Promise.reject(new Failure("stale", 409, "stale_revision", { current: theirs }));

test("a conflict overwrites nothing; mine or theirs is chosen", async () => {
  const theirs = stored(7, "Theirs");
  const save = vi.fn<SaveDraft>((revision) => (revision === 7 ? Promise.resolve(stored(8)) : stale(theirs)));
  const mine = open(save).draft;
  rename(mine, "Mine");
  await vi.waitFor(() => expect(mine.state.get().save.kind).toBe("conflict"));
  rename(mine, "Mine 2");
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(save).toHaveBeenCalledTimes(1);
  mine.resolve("mine");
  await vi.waitFor(() => expect(mine.state.get().save.kind).toBe("saved"));
  expect(nameIn(save.mock.calls.at(-1)?.[1] ?? {})).toBe("Mine 2");

  const other = open(save).draft;
  rename(other, "Mine");
  await vi.waitFor(() => expect(other.state.get().save.kind).toBe("conflict"));
  other.resolve("theirs");
  expect(nameIn(other.editor.graph)).toBe("Theirs");
  expect(other.isDirty).toBe(false);
  other.editor.undo();
  expect(nameIn(other.editor.graph)).toBe("Mine");
});

test("a journal of another revision is a conflict, not an overwriting", () => {
  const journal = memory();
  journal.write({ revision: 3, graph: writeGraph(setName(sampleGraph, "text", "Old work")) });
  const save = vi.fn<SaveDraft>();
  const { draft } = open(save, journal, stored(5));
  expect(draft.state.get().save.kind).toBe("conflict");
  expect(nameIn(draft.editor.graph)).toBe("Old work");
});

test("what the server refuses is said, and tried again with the next change", async () => {
  const save = vi
    .fn<SaveDraft>()
    .mockRejectedValueOnce(new Failure("Too large.", 400, "invalid_request"))
    .mockImplementation((revision) => Promise.resolve(stored(revision + 1)));
  const { draft } = open(save);
  rename(draft, "A");
  await vi.waitFor(() => expect(draft.state.get().save).toEqual({ kind: "failed", message: "Too large." }));
  rename(draft, "B");
  await vi.waitFor(() => expect(draft.state.get().save.kind).toBe("saved"));
});
