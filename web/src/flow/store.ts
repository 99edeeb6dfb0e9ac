import { useSyncExternalStore } from "react";

/** A value that parts of a page share; a part renders again only when what it takes of it changes. */
export interface Store<T> {
  get: () => T;
  set: (change: Partial<T> | ((value: T) => Partial<T>)) => void;
  subscribe: (listener: () => void) => () => void;
}

export function createStore<T extends object>(initial: T): Store<T> {
  let value = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => value,
    set: (change) => {
      const part = typeof change === "function" ? change(value) : change;
      const keys = Object.keys(part) as (keyof T)[];
      if (keys.every((key) => Object.is(part[key], value[key]))) return;
      value = { ...value, ...part };
      for (const listener of listeners) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A part of a store's value. What `take` gives must be the same as long as nothing has changed. */
export function useStore<T extends object, Part>(store: Store<T>, take: (value: T) => Part): Part {
  return useSyncExternalStore(store.subscribe, () => take(store.get()));
}
