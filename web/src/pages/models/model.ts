import type { components } from "../../../types/schema";
import type { Model } from "../../api/models";

export type CatalogueModel = components["schemas"]["ModelSummary"];
type Provider = components["schemas"]["ProviderSummary"];

/** A model with all that is known of it. */
export interface ModelRow {
  id: string;
  provider: string;
  /** A name of the configuration that stands for other models. */
  isAlias: boolean;
  mode: string | null;
  window: number | null;
  maxOutput: number | null;
  capabilities: string[];
  prices: Prices | null;
}

/** Nano-dollars for a million of each unit, as the catalogue keeps them. */
export interface Prices {
  version?: string;
  prices: Record<string, number>;
}

function isPrices(value: unknown): value is Prices {
  return typeof value === "object" && value !== null && "prices" in value;
}

export function catalogueRow(model: CatalogueModel): ModelRow {
  return {
    id: model.id,
    provider: model.id.split("/")[0] ?? "",
    isAlias: false,
    mode: model.mode ?? null,
    window: model.context_window ?? null,
    maxOutput: model.max_output_tokens ?? null,
    capabilities: model.capabilities,
    prices: isPrices(model.prices) ? model.prices : null,
  };
}

/** What can be called, with what the providers' lists know beside it. */
export function modelRows(callable: Model[], known: CatalogueModel[]): ModelRow[] {
  const byId = new Map(known.map((model) => [model.id, model]));
  const rows = callable.map((model): ModelRow => {
    const found = byId.get(model.id);
    if (found) return catalogueRow(found);
    return {
      id: model.id,
      provider: model.owned_by,
      isAlias: model.owned_by === "gateway",
      mode: model.mode ?? null,
      window: model.context_window ?? null,
      maxOutput: model.max_output_tokens ?? null,
      capabilities: model.capabilities ?? [],
      prices: null,
    };
  });
  return rows.sort((a, b) => rank(a) - rank(b));
}

/** Own names first; the built-in models, most of which only play faults, last. */
function rank(row: ModelRow): number {
  if (row.isAlias) return 0;
  if (row.provider !== "builtin") return 1;
  return row.id.includes("fault") ? 3 : 2;
}

/** What it is for; the program's own models have no card that says so. */
export function modeOf(row: ModelRow): string {
  return row.mode ?? (row.provider === "builtin" ? "builtin" : "unknown");
}

/** Dollars for a million input or output tokens. */
export function tokenPrice(row: ModelRow, kind: "input" | "output"): number | null {
  return row.prices?.prices[kind] ?? null;
}

export type PriceUnit = "tokens" | "second" | "image" | "character" | "search" | "call";

/** The unit a price is read by, and the nano-dollars for it. */
export function priceOf(key: string, nanoPerMillion: number): { unit: PriceUnit; nanoUsd: number } {
  const word = key.split(/[.:]/).find((part) => part in units) ?? "";
  const unit = units[word] ?? "tokens";
  return { unit, nanoUsd: Math.round((nanoPerMillion * sizes[unit]) / 1_000_000) };
}

const units: Record<string, PriceUnit> = {
  second: "second",
  image: "image",
  character: "character",
  web_search: "search",
  request: "call",
};

/** How many there are in what people call one. */
const sizes: Record<PriceUnit, number> = {
  tokens: 1_000_000,
  character: 1_000_000,
  search: 1_000,
  second: 1,
  image: 1,
  call: 1,
};

export type ProviderState = "connected" | "configured" | "keyless" | "missing" | "incomplete";

export function stateOf(provider: Provider): ProviderState {
  if (provider.has_credential) return "connected";
  if (provider.usable) return provider.configured ? "configured" : "keyless";
  return provider.configured ? "incomplete" : "missing";
}
