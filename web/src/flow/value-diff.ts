/** Where two values differ. */
import type { FieldChange } from "../api/flows";
import type { Json } from "./graph";

/** Changes that are found at most: more are no longer read. */
const most = 100;

/** The places at which two values differ, by path; an absent value is told from `null`. */
export function differences(from: Json | undefined, to: Json | undefined): FieldChange[] {
  const found: FieldChange[] = [];
  walk(from, to, "", found);
  return found.slice(0, most);
}

function walk(from: Json | undefined, to: Json | undefined, path: string, found: FieldChange[]): void {
  if (found.length > most || Object.is(from, to)) return;
  if (Array.isArray(from) && Array.isArray(to)) {
    const length = Math.max(from.length, to.length);
    for (let index = 0; index < length; index += 1) walk(from[index], to[index], `${path}[${index}]`, found);
    return;
  }
  if (isObject(from) && isObject(to)) {
    for (const key of new Set([...Object.keys(from), ...Object.keys(to)])) {
      walk(from[key], to[key], path ? `${path}.${key}` : key, found);
    }
    return;
  }
  found.push({ path, from, to });
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
