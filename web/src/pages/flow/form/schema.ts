/** Reads JSON Schema as the node types write it, so that a form can be drawn from it. */
import type { Json, Settings } from "../../../flow/graph";
import type { Schema } from "../../../flow/node-type";

export interface Choice {
  value: Json;
  label: string;
  description?: string;
}

export interface Variant {
  /** The word that tells it. */
  tag: string;
  label: string;
  description?: string;
  schema: Schema;
}

export type Kind =
  | { kind: "choice"; choices: Choice[] }
  | { kind: "variants"; tag: string; variants: Variant[] }
  | { kind: "boolean" }
  | { kind: "number"; isInteger: boolean }
  | { kind: "string" }
  | { kind: "list"; items: Schema }
  | { kind: "object"; properties: [string, Schema][]; required: string[] }
  | { kind: "map"; values: Schema }
  | { kind: "any" };

export interface Field {
  schema: Schema;
  kind: Kind;
  isNullable: boolean;
}

const anything: Schema = {};

/** `max_tokens` is `Max tokens`. */
export function humanize(word: string): string {
  const text = word.replace(/[_-]+/g, " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The schema itself, with what it refers to and what it is made of in one. */
export function resolve(schema: Schema | boolean | undefined, root: Schema, depth = 0): Schema {
  if (typeof schema !== "object" || depth > 20) return anything;
  const { $ref, allOf, ...own } = schema;
  let found = own as Schema;
  if ($ref) {
    const name = $ref.split("/").pop() ?? "";
    // What stands beside a reference says more than what is referred to.
    found = { ...resolve(root.$defs?.[name], root, depth + 1), ...own };
  }
  for (const part of allOf ?? []) found = { ...resolve(part, root, depth + 1), ...found };
  return found;
}

export function readField(raw: Schema | boolean | undefined, root: Schema): Field {
  const schema = resolve(raw, root);
  if (schema.anyOf) {
    const rest = schema.anyOf.filter((one) => one.type !== "null");
    const { anyOf: _, ...own } = schema;
    const [only] = rest;
    if (rest.length === 1 && only) {
      const inner = readField({ ...only, ...own, ...(only.$ref ? {} : {}) }, root);
      return { ...inner, isNullable: inner.isNullable || rest.length < schema.anyOf.length };
    }
    return { schema, kind: { kind: "any" }, isNullable: false };
  }
  const types = Array.isArray(schema.type) ? schema.type : schema.type ? [schema.type] : [];
  const isNullable = types.includes("null");
  const type = types.find((one) => one !== "null");
  return { schema, kind: kindOf(schema, type, root), isNullable };
}

function kindOf(schema: Schema, type: string | undefined, root: Schema): Kind {
  if (schema.enum) {
    const choices = schema.enum.filter((value) => value !== null).map((value) => choice(value, {}));
    return { kind: "choice", choices };
  }
  if (schema.oneOf) return kindOfOne(schema.oneOf, root);
  switch (type) {
    case "boolean":
      return { kind: "boolean" };
    case "integer":
    case "number":
      return { kind: "number", isInteger: type === "integer" };
    case "string":
      return { kind: "string" };
    case "array":
      return { kind: "list", items: resolve(schema.items, root) };
    case "object":
      if (schema.properties && Object.keys(schema.properties).length > 0) {
        return { kind: "object", ...propertiesOf(schema, root) };
      }
      return schema["x-widget"]
        ? { kind: "any" }
        : { kind: "map", values: resolve(schema.additionalProperties, root) };
    default:
      return { kind: "any" };
  }
}

function choice(value: Json, { title, description }: Schema): Choice {
  const label = title ?? (typeof value === "string" ? humanize(value) : JSON.stringify(value));
  return { value, label, ...(description ? { description } : {}) };
}

function kindOfOne(parts: Schema[], root: Schema): Kind {
  const resolved = parts.map((part) => resolve(part, root));
  const choices = resolved.flatMap((part) => {
    if (part.const !== undefined) return [choice(part.const, part)];
    return (part.enum ?? []).map((value) => choice(value, part.enum?.length === 1 ? part : {}));
  });
  if (resolved.every((part) => part.const !== undefined || part.enum)) return { kind: "choice", choices };
  const [first] = resolved;
  const tag = Object.entries(first?.properties ?? {}).find(([name]) =>
    resolved.every((part) => tagOf(part, name) !== undefined),
  )?.[0];
  if (!tag) return { kind: "any" };
  const variants = resolved.map((part): Variant => {
    const { [tag]: _, ...properties } = part.properties ?? {};
    const word = tagOf(part, tag) ?? "";
    const required = part.required?.filter((name) => name !== tag);
    return {
      tag: word,
      label: part.title ?? humanize(word),
      ...(part.description ? { description: part.description } : {}),
      schema: { ...part, properties, required },
    };
  });
  return { kind: "variants", tag, variants };
}

function tagOf(part: Schema, name: string): string | undefined {
  const property = part.properties?.[name];
  if (typeof property !== "object") return undefined;
  const value = property.const ?? (property.enum?.length === 1 ? property.enum[0] : undefined);
  return typeof value === "string" ? value : undefined;
}

export function propertiesOf(
  schema: Schema,
  root: Schema,
): { properties: [string, Schema][]; required: string[] } {
  const properties = Object.entries(schema.properties ?? {});
  return {
    properties: properties.map(([name, property]) => [name, resolve(property, root)]),
    required: schema.required ?? [],
  };
}

/** Whether `x-show-if` lets a field be drawn, by its neighbours' values or their defaults. */
export function isShown(schema: Schema, values: Settings, properties: [string, Schema][]): boolean {
  const rule = schema["x-show-if"];
  if (!rule) return true;
  const neighbour = properties.find(([name]) => name === rule.field)?.[1];
  const value = values[rule.field] ?? neighbour?.default;
  return value !== undefined && rule.is.some((one) => one === value);
}

/** What a new entry of a list begins with. */
export function firstValue(schema: Schema, root: Schema): Json {
  const { kind, schema: own } = readField(schema, root);
  if (own.default !== undefined) return own.default;
  switch (kind.kind) {
    case "object": {
      const entries = kind.properties
        .filter(([name]) => kind.required.includes(name))
        .map(([name, property]) => [name, firstValue(property, root)] as const);
      return Object.fromEntries(entries);
    }
    case "variants": {
      const [first] = kind.variants;
      return first ? startVariant(kind.tag, first, root) : {};
    }
    case "choice":
      return kind.choices[0]?.value ?? null;
    case "boolean":
      return false;
    case "number":
      return own.minimum ?? 0;
    case "list":
      return [];
    case "map":
      return {};
    default:
      return "";
  }
}

export function startVariant(tag: string, variant: Variant, root: Schema): Settings {
  const inside = firstValue({ ...variant.schema, type: "object", default: undefined }, root);
  return {
    [tag]: variant.tag,
    ...(inside && typeof inside === "object" && !Array.isArray(inside) ? inside : {}),
  };
}

/** The object with a field set, or without it. */
export function withField(values: Settings, name: string, value: Json | undefined): Settings {
  if (value === undefined) {
    const { [name]: _, ...rest } = values;
    return rest;
  }
  return { ...values, [name]: value };
}
