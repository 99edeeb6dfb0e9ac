/**
 * Outputs that nodes are to have in tests, whatever they would do. The server keeps them beside the
 * draft; what could not be sent yet waits in this browser.
 */
import { Failure } from "../api/failure";
import type { Settings } from "./graph";
import { createStore, type Store } from "./store";

export interface Pins {
  /** By node, then by port. */
  outputs: Record<string, Settings>;
}

/** Where pins are kept. */
export interface PinKeeper {
  load: () => Promise<Record<string, Settings>>;
  put: (node: string, output: Settings) => Promise<void>;
  remove: (node: string) => Promise<void>;
}

interface Parts {
  keeper: PinKeeper;
  /** Without it, changes hold until the page is left. */
  mayWrite: boolean;
  /** The server does not take a pin, which is what it was before again. */
  onRefused: (thrown: unknown) => void;
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
  /** Milliseconds until another try while the server cannot be reached. */
  retryDelay?: number;
}

/** What is not sent yet, by node; `null`: its pin is taken off. */
type Unsent = Record<string, Settings | null>;

const keyOf = (flow: string) => `flow-pins:${flow}`;

/** The pins of a flow; each change is kept. */
export function openPins(flow: string, parts: Parts): Store<Pins> {
  const { keeper, mayWrite, onRefused, storage = localStorage, retryDelay = 4_000 } = parts;
  let unsent: Unsent = mayWrite ? read(flow, storage) : {};
  /** What the server has; `undefined` until it has said so. */
  let sent: Record<string, Settings> | undefined;
  let isSending = false;
  const store = createStore<Pins>({ outputs: changed({}, unsent) });
  let shown = store.get().outputs;

  const show = (outputs: Record<string, Settings>) => {
    shown = outputs;
    store.set({ outputs });
  };
  const note = () => {
    try {
      if (Object.keys(unsent).length === 0) storage.removeItem(keyOf(flow));
      else storage.setItem(keyOf(flow), JSON.stringify(unsent));
    } catch {
      // The browser keeps no more; the change is sent all the same.
    }
  };
  const send = async () => {
    if (isSending || !sent) return;
    isSending = true;
    try {
      for (let [next] = Object.entries(unsent); next; [next] = Object.entries(unsent)) {
        const [node, output] = next;
        try {
          await (output ? keeper.put(node, output) : keeper.remove(node));
          sent = changed(sent, { [node]: output });
          if (unsent[node] === output) unsent = without(unsent, node);
        } catch (thrown) {
          const { status } = Failure.of(thrown);
          if (status === 0 || status === 401 || status >= 500) {
            setTimeout(() => void send(), retryDelay);
            break;
          }
          unsent = without(unsent, node);
          show(changed(store.get().outputs, { [node]: sent[node] ?? null }));
          onRefused(thrown);
        }
        note();
      }
    } finally {
      isSending = false;
    }
  };

  store.subscribe(() => {
    const { outputs } = store.get();
    if (outputs === shown) return;
    const before = shown;
    shown = outputs;
    if (!mayWrite) return;
    const nodes = new Set([...Object.keys(before), ...Object.keys(outputs)]);
    for (const node of nodes) {
      if (before[node] !== outputs[node])
        unsent = { ...without(unsent, node), [node]: outputs[node] ?? null };
    }
    note();
    void send();
  });

  const load = async () => {
    try {
      const found = await keeper.load();
      // What is not to be sent was pinned on this page alone, since it was opened.
      show(mayWrite ? changed(found, unsent) : { ...found, ...store.get().outputs });
      sent = found;
      void send();
    } catch {
      setTimeout(() => void load(), retryDelay);
    }
  };
  void load();
  return store;
}

function changed(outputs: Record<string, Settings>, by: Unsent): Record<string, Settings> {
  const next = { ...outputs };
  for (const [node, output] of Object.entries(by)) {
    if (output) next[node] = output;
    else delete next[node];
  }
  return next;
}

function without(unsent: Unsent, node: string): Unsent {
  const { [node]: _, ...others } = unsent;
  return others;
}

function read(flow: string, storage: Pick<Storage, "getItem">): Unsent {
  try {
    const found: unknown = JSON.parse(storage.getItem(keyOf(flow)) ?? "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? (found as Unsent) : {};
  } catch {
    return {};
  }
}

export function pin(store: Store<Pins>, node: string, output: Settings): void {
  store.set(({ outputs }) => ({ outputs: { ...outputs, [node]: output } }));
}

export function unpin(store: Store<Pins>, node: string): void {
  store.set(({ outputs: { [node]: _, ...outputs } }) => ({ outputs }));
}

/** Pins of nodes that are still there: the engine refuses others. */
export function pinsFor(store: Store<Pins>, nodes: { id: string }[]): Pins["outputs"] {
  const { outputs } = store.get();
  return Object.fromEntries(
    nodes.flatMap(({ id }) => (outputs[id] === undefined ? [] : [[id, outputs[id]]])),
  );
}
