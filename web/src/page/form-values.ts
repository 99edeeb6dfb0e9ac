import { type FormField, mostBytes, mostFiles, type Upload } from "./api";

/** What was filled in so far, by field. */
export type Values = Record<string, string | boolean | File[]>;

export type Problem = "required" | "number" | "json" | "long" | "files";

const isFile = (type: string) => /^(array<)?(file|image|audio)>?$/.test(type);

/** The text of a field: what was written, else its default. */
function textOf(field: FormField, values: Values): string {
  const value = values[field.name];
  if (typeof value === "string") return value.trim();
  return typeof field.default === "string" || typeof field.default === "number" ? String(field.default) : "";
}

/** A number as people write it: with a point or a comma. */
function numberOf(text: string): number {
  return Number(text.replace(",", "."));
}

/** What is wrong, by field. The server checks the same again. */
export function checked(fields: FormField[], values: Values, max: number): Record<string, Problem> {
  const problems: Record<string, Problem> = {};
  const files = Object.values(values).flatMap((value) => (Array.isArray(value) ? value : []));
  const isTooMuch = files.length > mostFiles || files.reduce((sum, { size }) => sum + size, 0) > mostBytes;
  for (const field of fields) {
    const problem = problemOf(field, values, max, isTooMuch);
    if (problem) problems[field.name] = problem;
  }
  return problems;
}

function problemOf(field: FormField, values: Values, max: number, isTooMuch: boolean): Problem | undefined {
  const value = values[field.name];
  if (isFile(field.type)) {
    const count = Array.isArray(value) ? value.length : 0;
    if (count === 0) return field.required ? "required" : undefined;
    return isTooMuch ? "files" : undefined;
  }
  if (field.type === "boolean") return undefined;
  const text = textOf(field, values);
  if (text === "") return field.required && (field.default ?? null) === null ? "required" : undefined;
  if ([...text].length > max) return "long";
  if (field.type === "number") return Number.isFinite(numberOf(text)) ? undefined : "number";
  if (field.type === "string" || field.options.length > 0) return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return "json";
  }
}

/** The input as it is sent; what was left empty is left out. */
export async function inputOf(
  fields: FormField[],
  values: Values,
  read: (file: File) => Promise<Upload>,
): Promise<Record<string, unknown>> {
  const input: Record<string, unknown> = {};
  for (const field of fields) {
    const value = values[field.name];
    if (isFile(field.type)) {
      if (!Array.isArray(value) || value.length === 0) continue;
      const files = await Promise.all(value.map(read));
      input[field.name] = field.type.startsWith("array<") ? files : files[0];
    } else if (field.type === "boolean") {
      input[field.name] = typeof value === "boolean" ? value : field.default === true;
    } else {
      const text = textOf(field, values);
      if (text === "") continue;
      if (field.type === "number") input[field.name] = numberOf(text);
      else input[field.name] = field.type === "string" || field.options.length > 0 ? text : JSON.parse(text);
    }
  }
  return input;
}
