/** Outputs that nodes are to have in tests, whatever they would do. They stay in this browser. */
import type { Settings } from "./graph";
import { createStore, type Store } from "./store";

export interface Pins {
  /** By node, then by port. */
  outputs: Record<string, Settings>;
}

const keyOf = (flow: string) => `flow-pins:${flow}`;

/** The pins of a flow; each change is kept. */
export function openPins(
  flow: string,
  storage: Pick<Storage, "getItem" | "setItem"> = localStorage,
): Store<Pins> {
  const store = createStore<Pins>({ outputs: read(flow, storage) });
  store.subscribe(() => {
    try {
      storage.setItem(keyOf(flow), JSON.stringify(store.get().outputs));
    } catch {
      // The browser keeps no more; the pin holds until the page is left.
    }
  });
  return store;
}

function read(flow: string, storage: Pick<Storage, "getItem">): Pins["outputs"] {
  try {
    const found: unknown = JSON.parse(storage.getItem(keyOf(flow)) ?? "{}");
    return found && typeof found === "object" && !Array.isArray(found) ? (found as Pins["outputs"]) : {};
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
