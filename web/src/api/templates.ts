/** Flows to begin with, as `/api/v1/templates` gives them. */
import type { Json, StoredGraph } from "../flow/graph";
import type { Time } from "../i18n/format";
import { call, type SavedFlow } from "./flows";

export type Complexity = "beginner" | "intermediate" | "advanced";

export const origins = ["catalog", "own", "shared"] as const;
/** Of the program, of the organization, of another one that published it. */
export type Origin = (typeof origins)[number];

export const orders = ["featured", "used", "rated", "newest"] as const;
export type Order = (typeof orders)[number];

export interface Rating {
  /** 1 to 5; null before the first one. */
  average: number | null;
  count: number;
  mine: number | null;
}

export interface TemplateSummary {
  /** A word for those of the program, an id for those of organizations. */
  slug: string;
  origin: Origin;
  is_published: boolean;
  version: number;
  uses: number;
  rating: Rating;
  name: string;
  summary: string;
  icon: string;
  category: string;
  tags: string[];
  complexity: Complexity;
  setup_minutes: number;
  author: string;
  date: string;
  is_featured: boolean;
  /** Node types a run begins at. */
  triggers: string[];
  node_count: number;
}

export interface Requirement {
  name: string;
  /** Of models: chat, embeddings, … */
  operation?: string;
  /** Of secrets it is not told: they are set after the import. */
  is_available?: boolean;
  /** A built-in model that can stand in for it. */
  instead?: string | null;
}

export const mappable = ["models", "collections", "credentials", "workflows"] as const;
export type Mappable = (typeof mappable)[number];

export type Requirements = Record<Mappable | "secrets", Requirement[]>;

export interface Template extends TemplateSummary {
  readme: string;
  graph: StoredGraph;
  sample_input: Json;
  requires: Requirements;
  samples: { collection: string; name: string; documents: string[] }[];
  variables: string[];
  revision: number;
}

/** What is said of a template that an organization keeps. */
export interface TemplateFacts {
  name: string;
  summary: string;
  category: string;
  tags: string[];
  complexity: Complexity;
  setup_minutes: number;
  readme: string;
  sample_input: Json;
  is_published?: boolean;
  is_featured?: boolean;
}

export interface TemplateVersion {
  number: number;
  notes: string;
  created_by: string | null;
  created_at: Time;
}

/** The template's names, and the organization's for them. */
export type Mapping = Partial<Record<Mappable, Record<string, string>>>;

const at = (slug: string, rest = "") => `/templates/${encodeURIComponent(slug)}${rest}`;

export const templates = {
  list: async (order: Order = "featured") =>
    (await call<{ data: TemplateSummary[] }>("GET", `/templates?order=${order}`)).data,
  categories: async () =>
    (await call<{ data: { slug: string; title: string; count: number }[] }>("GET", "/templates/categories"))
      .data,
  get: (slug: string) => call<Template>("GET", at(slug)),
  use: (slug: string, wanted: { project_id: string; name?: string; mapping?: Mapping; samples?: boolean }) =>
    call<{
      workflow: SavedFlow;
      missing: Requirements;
      sample_input: Json;
      samples: { collection: string; documents: number; is_ready: boolean }[];
    }>("POST", at(slug, "/use"), wanted),
  create: (wanted: TemplateFacts & { workflow_id: string }) => call<Template>("POST", "/templates", wanted),
  update: (slug: string, change: Partial<TemplateFacts> & { revision: number }) =>
    call<Template>("PATCH", at(slug), change),
  remove: (slug: string) => call<void>("DELETE", at(slug)),
  versions: async (slug: string) =>
    (await call<{ data: TemplateVersion[] }>("GET", at(slug, "/versions"))).data,
  addVersion: (slug: string, wanted: { workflow_id: string; notes: string }) =>
    call<Template>("POST", at(slug, "/versions"), wanted),
  rate: (slug: string, stars: number) =>
    stars === 0
      ? call<Rating>("DELETE", at(slug, "/rating"))
      : call<Rating>("PUT", at(slug, "/rating"), { stars }),
};
