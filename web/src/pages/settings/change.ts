/** One field that an edit changed, with dots between its parts. */
export interface FieldChange {
  field: string;
  before: unknown;
  after: unknown;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields in which two records differ; those of a record that was made or deleted have one side. */
export function changes(before: unknown, after: unknown, prefix = ""): FieldChange[] {
  const [old, now] = [isRecord(before) ? before : {}, isRecord(after) ? after : {}];
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  return names.flatMap((name) => {
    const field = prefix + name;
    const [a, b] = [old[name], now[name]];
    if (isRecord(a) || isRecord(b)) return changes(a, b, `${field}.`);
    return JSON.stringify(a ?? null) === JSON.stringify(b ?? null) ? [] : [{ field, before: a, after: b }];
  });
}

/** A value in one line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}
