/** What happens to a value on an edge: the table of `docs/flows.md`, as `DataType::into_type` has it. */
export type Conversion = "same" | "always" | "checked" | "refused";

function itemOf(type: string): string | undefined {
  return /^array<(.*)>$/.exec(type)?.[1];
}

const alwaysTo: Record<string, string[]> = {
  string: ["number", "boolean", "object", "message", "document", "vector"],
  message: ["string"],
  document: ["string"],
  object: ["message", "document", "file", "image", "audio"],
};

const checkedTo: Record<string, string[]> = {
  number: ["string", "boolean"],
  boolean: ["string"],
  object: ["string"],
  vector: ["string"],
  message: ["object"],
  document: ["object"],
  file: ["object"],
  image: ["file"],
  audio: ["file"],
};

export function conversion(from: string, to: string): Conversion {
  if (from === to) return "same";
  if (from === "control") return "refused";
  if (to === "control" || to === "any") return "always";
  if (from === "any") return "checked";
  const [fromItem, toItem] = [itemOf(from), itemOf(to)];
  if (fromItem && toItem) return conversion(fromItem, toItem);
  if (from === "vector" && toItem) return conversion("number", toItem);
  if (fromItem && to === "vector") {
    const items = conversion(fromItem, "number");
    return items === "same" ? "checked" : items;
  }
  if (to === "file" && (from === "image" || from === "audio")) return "same";
  if (fromItem && to === "string") return "always";
  if (from === "string" && toItem) return "checked";
  if (alwaysTo[to]?.includes(from)) return "always";
  if (checkedTo[to]?.includes(from)) return "checked";
  // One value where a list is wanted becomes a list of one.
  if (toItem) return conversion(from, toItem);
  return "refused";
}

/** The colour and shape of a port: told apart without colours, too. */
export function portLook(type: string): { color: string; shape: "dot" | "square" | "diamond" | "arrow" } {
  const base = itemOf(type) ?? type;
  const shape = type === "control" ? "arrow" : itemOf(type) ? "square" : base === "any" ? "diamond" : "dot";
  return { color: `var(--port-${base in colors ? base : "any"})`, shape };
}

/** One name for each type that has a colour; the values are in `flow/ports.css` by scheme. */
export const colors = {
  string: 1,
  number: 1,
  boolean: 1,
  object: 1,
  file: 1,
  image: 1,
  audio: 1,
  message: 1,
  document: 1,
  vector: 1,
  any: 1,
  control: 1,
} as const;
