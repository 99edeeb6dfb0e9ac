import { Text } from "@mantine/core";
import type { FieldChange } from "../../../api/flows";
import type { Json } from "../../../flow/graph";

function print(value: Json | undefined): string {
  if (value === undefined) return "–";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}

/** One place that differs: what was there, and what is there now. */
export function ChangeRow({ change }: { change: FieldChange }) {
  return (
    <Text size="xs" pl="md" style={{ overflowWrap: "anywhere" }}>
      <b>{change.path}</b>: <del>{print(change.from)}</del> → <ins>{print(change.to)}</ins>
    </Text>
  );
}
