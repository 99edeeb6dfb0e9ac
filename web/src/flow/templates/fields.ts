/** What is said of a template, as a form holds it; without React, so that it can be tested. */
import type { Complexity, Template, TemplateFacts } from "../../api/templates";
import type { Json } from "../graph";

export interface Fields {
  name: string;
  summary: string;
  category: string;
  tags: string[];
  complexity: Complexity;
  minutes: number | string;
  readme: string;
  /** JSON as it is typed. */
  sample: string;
  isPublished: boolean;
  isFeatured: boolean;
}

export const complexities: Complexity[] = ["beginner", "intermediate", "advanced"];

const longest = 300;

/** The form for a flow that becomes a template. */
export function fieldsOfFlow(flow: { name: string; description: string }, sample: Json): Fields {
  return {
    name: flow.name,
    summary: flow.description.slice(0, longest),
    category: "",
    tags: [],
    complexity: "beginner",
    minutes: 5,
    readme: "",
    sample: printSample(sample),
    isPublished: false,
    isFeatured: false,
  };
}

/** The form for a template that is edited. */
export function fieldsOfTemplate(template: Template): Fields {
  const { name, summary, category, tags, complexity, readme } = template;
  return {
    name,
    summary,
    category,
    tags,
    complexity,
    minutes: template.setup_minutes,
    readme,
    sample: printSample(template.sample_input),
    isPublished: template.is_published,
    isFeatured: template.is_featured,
  };
}

function printSample(sample: Json): string {
  const isNothing =
    sample === null ||
    (typeof sample === "object" && !Array.isArray(sample) && Object.keys(sample).length === 0);
  return isNothing ? "" : JSON.stringify(sample, null, 2);
}

export type Fault = "needed" | "json" | "minutes";

/** What is wrong with the form, by field. */
export function faultsOf(fields: Fields): Partial<Record<keyof Fields, Fault>> {
  const faults: Partial<Record<keyof Fields, Fault>> = {};
  for (const field of ["name", "summary", "category"] as const) {
    if (fields[field].trim() === "") faults[field] = "needed";
  }
  const minutes = Number(fields.minutes);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > 600) faults.minutes = "minutes";
  if (fields.sample.trim() !== "" && readSample(fields.sample) === undefined) faults.sample = "json";
  return faults;
}

function readSample(text: string): Json | undefined {
  if (text.trim() === "") return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}

/** What the server is told. */
export function factsOf(fields: Fields): TemplateFacts {
  return {
    name: fields.name.trim(),
    summary: fields.summary.trim(),
    category: fields.category,
    tags: fields.tags,
    complexity: fields.complexity,
    setup_minutes: Number(fields.minutes),
    readme: fields.readme,
    sample_input: readSample(fields.sample) ?? null,
  };
}
