import type { FlowNode, Json } from "../../flow/graph";
import type { NodeType, Schema } from "../../flow/node-type";

/** One line that says how a node is set: its first filled settings, the shortest form of each. */
export function summaryOf(node: FlowNode, type: NodeType | undefined): string {
  const properties = type?.settings_schema.properties ?? {};
  const parts: string[] = [];
  for (const [name, schema] of Object.entries(properties)) {
    const value = node.settings[name];
    if (value === undefined || (typeof schema === "object" && isHidden(schema))) continue;
    const text = short(value);
    if (text) parts.push(text);
    if (parts.length === 2) break;
  }
  return parts.join(" · ");
}

function isHidden(schema: Schema): boolean {
  return schema["x-advanced"] === true || schema["x-widget"] === "secret";
}

function short(value: Json): string {
  if (typeof value === "string") return value.replace(/\s+/g, " ").trim().slice(0, 60);
  if (typeof value === "number") return String(value);
  if (Array.isArray(value)) {
    const named = value.map((one) =>
      one && typeof one === "object" && !Array.isArray(one)
        ? short(one.label || one.title || one.name || one.id || "")
        : short(one),
    );
    return named.filter(Boolean).join(", ").slice(0, 60);
  }
  return "";
}
