/** Ready-made flows, as `/api/v1/templates` gives them. */
import type { Settings, StoredGraph } from "../flow/graph";
import { call, type SavedFlow } from "./flows";

export type Complexity = "beginner" | "intermediate" | "advanced";

export interface TemplateSummary {
  slug: string;
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
}

export const mappable = ["models", "collections", "credentials", "workflows"] as const;
export type Mappable = (typeof mappable)[number];

export type Requirements = Record<Mappable | "secrets", Requirement[]>;

export interface Template extends TemplateSummary {
  readme: string;
  graph: StoredGraph;
  sample_input: Settings;
  requires: Requirements;
}

/** The template's names, and the organization's for them. */
export type Mapping = Partial<Record<Mappable, Record<string, string>>>;

export const templates = {
  list: async () => (await call<{ data: TemplateSummary[] }>("GET", "/templates")).data,
  categories: async () =>
    (await call<{ data: { slug: string; title: string; count: number }[] }>("GET", "/templates/categories"))
      .data,
  get: (slug: string) => call<Template>("GET", `/templates/${encodeURIComponent(slug)}`),
  use: (slug: string, wanted: { project_id: string; name?: string; mapping?: Mapping }) =>
    call<{ workflow: SavedFlow; missing: Requirements; sample_input: Settings }>(
      "POST",
      `/templates/${encodeURIComponent(slug)}/use`,
      wanted,
    ),
};
