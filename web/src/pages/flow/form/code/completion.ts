import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { pathAt, type Reference } from "../../../../flow/references";

/** Filters of expressions that are used most; others may be typed. */
const filters = [
  "upper",
  "lower",
  "capitalize",
  "title",
  "trim",
  "replace",
  "split",
  "join",
  "length",
  "first",
  "last",
  "sort",
  "unique",
  "reverse",
  "map",
  "select",
  "reject",
  "sum",
  "min",
  "max",
  "round",
  "int",
  "float",
  "string",
  "default",
  "tojson",
  "fromjson",
  "urlencode",
  "items",
  "groupby",
  "slice",
  "batch",
  "abs",
  "list",
  "bool",
];

/** What can be written at the cursor: names of values, and filters behind a bar. */
export function completeExpression(
  references: Reference[],
  isBare: boolean,
  { state, pos, explicit }: CompletionContext,
): CompletionResult | null {
  const text = state.doc.sliceString(0, pos);
  const open = text.lastIndexOf("{{");
  const inside = isBare ? text : open > text.lastIndexOf("}}") ? text.slice(open + 2) : undefined;
  if (inside === undefined) return null;
  const filter = /\|\s*(\w*)$/.exec(inside);
  if (filter) {
    const typed = filter[1] ?? "";
    return {
      from: pos - typed.length,
      options: filters.map((label) => ({ label, type: "function" })),
      validFor: /^\w*$/,
    };
  }
  const at = isBare ? bareAt(text) : pathAt(text, pos);
  if (!at || (at.typed === "" && !explicit && !/\{\{\s?$/.test(text))) return null;
  const options = references.map(
    ({ path, of, type }, index): Completion => ({ label: path, detail: `${of} · ${type}`, boost: -index }),
  );
  return { from: at.from, options, validFor: /^[\w.[\]"']*$/ };
}

function bareAt(text: string): { from: number; typed: string } {
  const typed = /[A-Za-z_][\w.[\]"']*$/.exec(text)?.[0] ?? "";
  return { from: text.length - typed.length, typed };
}
