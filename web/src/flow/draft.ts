import { Failure } from "../api/failure";
import type { Report, SavedFlow } from "../api/flows";
import { Editor } from "./editor";
import { type Graph, readGraph, type StoredGraph, writeGraph } from "./graph";
import { createStore } from "./store";

export type SaveState =
  | { kind: "saved"; at: number }
  | { kind: "dirty" }
  | { kind: "saving" }
  /** The server cannot be reached; what was done is kept in this browser, and sent when it can be. */
  | { kind: "offline" }
  | { kind: "failed"; message: string }
  /** Somebody else has saved meanwhile; nothing is overwritten until one decides. */
  | { kind: "conflict"; theirs: SavedFlow };

export interface DraftState {
  flow: SavedFlow;
  save: SaveState;
  report: Report;
}

/** Where unsaved work survives a killed tab. */
export interface Journal {
  read: () => JournalEntry | undefined;
  write: (entry: JournalEntry) => void;
  clear: () => void;
}

export interface JournalEntry {
  revision: number;
  graph: StoredGraph;
}

export type SaveDraft = (revision: number, graph: StoredGraph) => Promise<SavedFlow>;

interface Parts {
  flow: SavedFlow;
  save: SaveDraft;
  journal: Journal;
  /** Milliseconds from a change to its saving. */
  delay?: number;
  /** Milliseconds until another try while the server cannot be reached. */
  retryDelay?: number;
}

/** The draft of a flow: what is edited, and how it comes to the server. */
export class Draft {
  readonly editor: Editor;
  readonly state;
  private saved: Graph;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: Promise<void> | undefined;
  private isClosed = false;

  constructor(private readonly parts: Parts) {
    const { flow, journal } = parts;
    this.saved = readGraph(flow.graph);
    this.editor = new Editor(this.saved);
    this.state = createStore<DraftState>({
      flow,
      save: { kind: "saved", at: Date.parse(flow.updated_at) },
      report: flow.report,
    });
    this.editor.subscribe(() => this.changed());
    const left = journal.read();
    if (left && !isSame(left.graph, writeGraph(this.saved))) this.recover(left);
    else journal.clear();
  }

  get isDirty(): boolean {
    return this.editor.graph !== this.saved;
  }

  /** Saves at once what is not saved yet, and tells whether all is saved then. */
  async flush(): Promise<boolean> {
    clearTimeout(this.timer);
    if (this.running) await this.running;
    if (this.isDirty && this.state.get().save.kind !== "conflict") {
      this.running = this.send().finally(() => {
        this.running = undefined;
      });
      await this.running;
    }
    return !this.isDirty && this.state.get().save.kind !== "conflict";
  }

  /** Ends a conflict: mine are saved over theirs, or theirs take the place of mine, as a step. */
  resolve(choice: "mine" | "theirs"): void {
    const { save } = this.state.get();
    if (save.kind !== "conflict") return;
    const { theirs } = save;
    this.state.set({ flow: theirs, report: theirs.report, save: { kind: "dirty" } });
    if (choice === "theirs") {
      const graph = readGraph(theirs.graph);
      this.saved = graph;
      this.editor.apply({ key: "restore" }, () => graph);
      this.parts.journal.clear();
      this.state.set({ save: { kind: "saved", at: Date.now() } });
    } else void this.flush();
  }

  /** The flow as the server has it now; `graph`: its draft is another one, too. */
  adopt(flow: SavedFlow, graph = false): void {
    this.state.set({ flow, report: flow.report ?? this.state.get().report });
    if (!graph) return;
    const next = readGraph(flow.graph);
    this.saved = next;
    this.editor.apply({ key: "restore" }, () => next);
    this.state.set({ save: { kind: "saved", at: Date.now() } });
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.note();
  }

  /** Keeps what is not saved in this browser. */
  note(): void {
    const { journal } = this.parts;
    if (!this.isDirty) return;
    journal.write({ revision: this.state.get().flow.revision, graph: writeGraph(this.editor.graph) });
  }

  private recover(left: JournalEntry): void {
    const mine = readGraph(left.graph);
    const { flow } = this.parts;
    if (left.revision !== flow.revision) this.state.set({ save: { kind: "conflict", theirs: flow } });
    this.editor.apply({ key: "restore" }, () => mine);
  }

  private changed(): void {
    const { save } = this.state.get();
    if (save.kind === "conflict") {
      this.note();
      return;
    }
    if (!this.isDirty) {
      if (save.kind === "dirty") this.state.set({ save: { kind: "saved", at: Date.now() } });
      this.parts.journal.clear();
      return;
    }
    this.note();
    if (save.kind !== "saving") this.state.set({ save: { kind: "dirty" } });
    this.plan(this.parts.delay ?? 700);
  }

  private plan(delay: number): void {
    clearTimeout(this.timer);
    if (!this.isClosed) this.timer = setTimeout(() => void this.flush(), delay);
  }

  private async send(): Promise<void> {
    const graph = this.editor.graph;
    const { revision } = this.state.get().flow;
    this.state.set({ save: { kind: "saving" } });
    try {
      const flow = await this.parts.save(revision, writeGraph(graph));
      this.saved = graph;
      this.state.set({ flow, report: flow.report });
      if (this.isDirty) {
        this.note();
        this.state.set({ save: { kind: "dirty" } });
        this.plan(this.parts.delay ?? 700);
      } else {
        this.parts.journal.clear();
        this.state.set({ save: { kind: "saved", at: Date.now() } });
      }
    } catch (thrown) {
      this.failed(Failure.of(thrown));
    }
  }

  private failed(failure: Failure): void {
    const current = (failure.details as { current?: SavedFlow } | null)?.current;
    if (failure.code === "stale_revision" && current) {
      const theirs = { ...current, report: current.report ?? this.state.get().report };
      this.state.set({ save: { kind: "conflict", theirs } });
    } else if (failure.status === 0 || failure.status >= 500) {
      this.state.set({ save: { kind: "offline" } });
      this.plan(this.parts.retryDelay ?? 4_000);
    } else this.state.set({ save: { kind: "failed", message: failure.message } });
    this.note();
  }
}

function isSame(a: StoredGraph, b: StoredGraph): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** A journal in the browser's storage; where that is full or switched off, work is not kept. */
export function browserJournal(flow: string): Journal {
  const key = `flow-journal:${flow}`;
  return {
    read: () => {
      try {
        const text = localStorage.getItem(key);
        return text ? (JSON.parse(text) as JournalEntry) : undefined;
      } catch {
        return undefined;
      }
    },
    write: (entry) => {
      try {
        localStorage.setItem(key, JSON.stringify(entry));
      } catch {
        // Saving to the server goes on all the same.
      }
    },
    clear: () => {
      try {
        localStorage.removeItem(key);
      } catch {
        // There is nothing, then.
      }
    },
  };
}
