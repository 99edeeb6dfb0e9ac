import type { Graph } from "./graph";

/** Names a step for the history panel; `values` fill the text's holes. */
export interface Label {
  key: StepKey;
  values?: Record<string, string | number>;
}

export type StepKey =
  | "add"
  | "remove"
  | "move"
  | "connect"
  | "insert"
  | "settings"
  | "rename"
  | "key"
  | "notes"
  | "policy"
  | "disable"
  | "enable"
  | "group"
  | "ungroup"
  | "frame"
  | "collapse"
  | "note"
  | "noteText"
  | "paste"
  | "duplicate"
  | "layout"
  | "import"
  | "restore"
  | "resize"
  | "parent"
  | "variables"
  | "replaceText";

export interface Step {
  label: Label;
  at: number;
  before: Graph;
  after: Graph;
  /** Steps in a row with the same word are one. */
  merge?: string;
}

/** Steps that are kept. */
export const maxSteps = 500;
/** After this long, the same thing done again is a step of its own, in milliseconds. */
const mergeWithin = 1_500;

/**
 * A flow being edited, with all that was done to it. States share what did not change, so a step takes
 * little memory. Loading is not a step.
 */
export class Editor {
  private past: Step[] = [];
  private future: Step[] = [];
  private current: Graph;
  private readonly listeners = new Set<() => void>();
  private snapshot: History;

  constructor(
    graph: Graph,
    private readonly now: () => number = Date.now,
  ) {
    this.current = graph;
    this.snapshot = this.take();
  }

  get graph(): Graph {
    return this.current;
  }

  /** Does something as one step; with `merge`, it joins the step before that had the same word. */
  apply(label: Label, change: (graph: Graph) => Graph, merge?: string): void {
    const before = this.current;
    const after = change(before);
    if (after === before) return;
    const at = this.now();
    const last = this.past.at(-1);
    const joins =
      merge !== undefined && last?.merge === merge && this.future.length === 0 && at - last.at < mergeWithin;
    if (joins) this.past = [...this.past.slice(0, -1), { ...last, after, at }];
    else this.past = [...this.past, { label, at, before, after, merge }].slice(-maxSteps);
    this.future = [];
    this.set(after);
  }

  undo(): Step | undefined {
    const step = this.past.at(-1);
    if (!step) return undefined;
    this.past = this.past.slice(0, -1);
    this.future = [step, ...this.future];
    this.set(step.before);
    return step;
  }

  redo(): Step | undefined {
    const [step, ...rest] = this.future;
    if (!step) return undefined;
    this.future = rest;
    // What comes next is a step of its own, even if it is the same thing at once.
    this.past = [...this.past, { ...step, merge: undefined }];
    this.set(step.after);
    return step;
  }

  /** Goes to the state after the given number of steps. */
  goTo(position: number): void {
    while (this.past.length > position && this.undo());
    while (this.past.length < position && this.redo());
  }

  /** Ends the joining of steps: what follows is a step of its own. */
  seal(): void {
    const last = this.past.at(-1);
    if (last?.merge) this.past = [...this.past.slice(0, -1), { ...last, merge: undefined }];
  }

  /** Another flow, or another state of it from the server; what was done before is forgotten. */
  load(graph: Graph): void {
    this.past = [];
    this.future = [];
    this.set(graph);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  getGraph = (): Graph => this.current;

  getHistory = (): History => this.snapshot;

  private take(): History {
    return { past: this.past, future: this.future };
  }

  private set(graph: Graph): void {
    this.current = graph;
    this.snapshot = this.take();
    for (const listener of this.listeners) listener();
  }
}

export interface History {
  past: readonly Step[];
  future: readonly Step[];
}
