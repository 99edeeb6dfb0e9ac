import type { Json, Settings } from "./graph";

export interface Port {
  name: string;
  type: string;
  title: string;
  description?: string;
  required?: boolean;
  /** It takes several edges. */
  many?: boolean;
}

export interface Ports {
  inputs: Port[];
  outputs: Port[];
  /** Of a container: where edges into its inside begin. */
  inner_outputs?: Port[];
  /** Of a container: where edges out of its inside end. */
  inner_inputs?: Port[];
}

/** JSON Schema as node types use it, with the keywords of `flows/src/node.rs`. */
export interface Schema {
  type?: string | string[];
  title?: string;
  description?: string;
  default?: Json;
  enum?: Json[];
  const?: Json;
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
  maxItems?: number;
  pattern?: string;
  items?: Schema | boolean;
  properties?: Record<string, Schema | boolean>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  oneOf?: Schema[];
  anyOf?: Schema[];
  allOf?: Schema[];
  $ref?: string;
  $defs?: Record<string, Schema>;
  "x-widget"?: string;
  "x-language"?: string | { field: string };
  "x-operation"?: string;
  "x-providers"?: string[];
  "x-expression"?: "never" | "deferred";
  "x-show-if"?: { field: string; is: Json[] };
  "x-advanced"?: boolean;
  "x-placeholder"?: string;
}

export interface Example {
  title: string;
  settings: Settings;
  input: Settings;
  output: Settings;
}

export const categories = ["input", "ai", "knowledge", "logic", "data", "output"] as const;
export type Category = (typeof categories)[number];

export interface NodeType {
  type: string;
  version: number;
  role: "step" | "trigger" | "container";
  category: Category;
  title: string;
  summary: string;
  icon: string;
  keywords: string[];
  docs: string;
  timeout_ms: number;
  settings_schema: Schema;
  ports: Ports;
  has_dynamic_ports: boolean;
  examples: Example[];
}

export type NodeTypes = ReadonlyMap<string, NodeType>;

/** Node types that a search finds, the best first. */
export function findTypes(types: Iterable<NodeType>, query: string): NodeType[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const scored = [...types].map((type) => {
    const title = type.title.toLowerCase();
    const rest = `${type.type} ${type.keywords.join(" ")} ${type.summary}`.toLowerCase();
    const points = words.map((word): number => {
      if (title.startsWith(word)) return 4;
      if (title.includes(word)) return 3;
      if (type.keywords.some((keyword) => keyword.startsWith(word))) return 2;
      return rest.includes(word) ? 1 : 0;
    });
    const sum = points.reduce((all, one) => all + one, 0);
    return { type, points: points.every((point) => point > 0) ? sum : 0 };
  });
  const found = words.length === 0 ? scored : scored.filter(({ points }) => points > 0);
  return found.sort((a, b) => b.points - a.points).map(({ type }) => type);
}

/** The settings a new node begins with: what the schema requires and gives a default for. */
export function firstSettings(type: NodeType): Settings {
  const settings: Settings = {};
  for (const [name, schema] of Object.entries(type.settings_schema.properties ?? {})) {
    if (typeof schema !== "object") continue;
    const required = type.settings_schema.required?.includes(name);
    if (required && schema.default !== undefined) settings[name] = schema.default;
  }
  return settings;
}
