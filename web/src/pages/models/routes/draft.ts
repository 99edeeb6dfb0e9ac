import type { components } from "../../../../types/schema";

export type Definition = components["schemas"]["ModelConfig"];
export type Strategy = components["schemas"]["ModelStrategy"];

/** A target as the form holds it. */
export interface DraftTarget {
  /** Tells rows apart while they are edited. */
  key: number;
  model: string;
  weight: number | "";
}

/** A route as the form holds it. */
export interface Draft {
  name: string;
  strategy: Strategy;
  /** Tried one after another; calls are shared within one. */
  groups: { key: number; targets: DraftTarget[] }[];
  contextWindow: string[];
  contentPolicy: string[];
  /** Empty: as the server has it. */
  maxRetries: number | "";
  firstTokenSeconds: number | "";
}

/** The server's timeouts and retries, which a form that changes one value leaves as they are. */
const retryDefaults = {
  max_retries: 2,
  backoff_ms: 500,
  backoff_max_ms: 8_000,
  retry_after_max_ms: 20_000,
};
const timeoutDefaults = {
  connect_ms: 10_000,
  headers_ms: 600_000,
  first_token_ms: 120_000,
  stall_ms: 120_000,
  total_ms: 1_800_000,
};

let lastKey = 0;

export function newTarget(model = "", weight = 1): DraftTarget {
  lastKey += 1;
  return { key: lastKey, model, weight };
}

export function newGroup(...targets: DraftTarget[]): Draft["groups"][number] {
  lastKey += 1;
  return { key: lastKey, targets: targets.length > 0 ? targets : [newTarget()] };
}

export function emptyDraft(): Draft {
  return {
    name: "",
    strategy: "weighted",
    groups: [newGroup()],
    contextWindow: [],
    contentPolicy: [],
    maxRetries: "",
    firstTokenSeconds: "",
  };
}

interface Table {
  model: string;
  weight: number;
  group: number;
}

/** Targets in groups, in the order in which the gateway tries them. */
export function groupsOf({ targets }: Pick<Definition, "targets">): Table[][] {
  const groups = new Map<number, Table[]>();
  for (const target of targets) {
    const next = groups.size === 0 ? 0 : Math.max(...groups.keys()) + 1;
    const table =
      typeof target === "string"
        ? { model: target, weight: 1, group: next }
        : { model: target.model, weight: target.weight ?? 1, group: target.group ?? next };
    groups.set(table.group, [...(groups.get(table.group) ?? []), table]);
  }
  return [...groups.entries()].sort(([a], [b]) => a - b).map(([, tables]) => tables);
}

export function draftOf(name: string, definition: Definition): Draft {
  const groups = groupsOf(definition).map((tables) =>
    newGroup(...tables.map(({ model, weight }) => newTarget(model, weight))),
  );
  return {
    name,
    strategy: definition.strategy ?? "weighted",
    groups,
    contextWindow: definition.context_window_fallbacks ?? [],
    contentPolicy: definition.content_policy_fallbacks ?? [],
    maxRetries: definition.retry?.max_retries ?? "",
    firstTokenSeconds: definition.timeouts?.first_token_ms ? definition.timeouts.first_token_ms / 1_000 : "",
  };
}

/** What the form says, with what it does not show taken from `before`. */
export function definitionOf(draft: Draft, before?: Definition): Definition {
  const retry = before?.retry ?? retryDefaults;
  const timeouts = before?.timeouts ?? timeoutDefaults;
  return {
    targets: draft.groups.flatMap(({ targets }, group) =>
      targets.map(({ model, weight }) => ({
        model: model.trim(),
        weight: targets.length === 1 ? 1 : Number(weight),
        group,
      })),
    ),
    strategy: draft.strategy,
    context_window_fallbacks: draft.contextWindow,
    content_policy_fallbacks: draft.contentPolicy,
    on_disconnect: before?.on_disconnect ?? null,
    retry: draft.maxRetries === "" ? null : { ...retry, max_retries: draft.maxRetries },
    timeouts:
      draft.firstTokenSeconds === ""
        ? null
        : { ...timeouts, first_token_ms: Math.round(draft.firstTokenSeconds * 1_000) },
  };
}

/** What a part of the form says of a refusal of the server: `name`, a target's name, or neither. */
export function placeOf(message: string): { field?: "name"; target?: string } {
  if (/`name`|there is a route|names that begin with/i.test(message)) return { field: "name" };
  const target = /target `([^`]+)`/i.exec(message)?.[1];
  return target === undefined ? {} : { target };
}

/** `70 % · 30 %`: the share of calls of each target of a group; nothing where all are refused. */
export function shares(weights: (number | "")[]): (number | null)[] {
  const sum = weights.reduce<number>((total, weight) => total + (Number(weight) || 0), 0);
  return weights.map((weight) => (sum === 0 ? null : (Number(weight) || 0) / sum));
}

/** The list with the item at `from` one place up or down. */
export function moved<T>(list: readonly T[], from: number, by: -1 | 1): T[] {
  const next = [...list];
  const [item] = next.splice(from, 1);
  if (item !== undefined) next.splice(Math.max(0, from + by), 0, item);
  return next;
}
