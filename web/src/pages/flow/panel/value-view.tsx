import { Box, SegmentedControl, Stack, Table, Text } from "@mantine/core";
import { useState } from "react";
import { CodeBlock } from "../../../components/code-block";
import { filesIn } from "../../../flow/files";
import type { Json } from "../../../flow/graph";
import { Markdown } from "../../../flow/markdown";
import { useRun } from "../session";
import { useFlow } from "../texts";
import { FileList } from "./file-view";

type Form = "files" | "json" | "table" | "text" | "shape";

/** Rows of a value that is a list of objects. */
function rowsOf(value: Json): { [key: string]: Json }[] | undefined {
  const list = Array.isArray(value) ? value : undefined;
  const isRow = (one: Json) => one !== null && typeof one === "object" && !Array.isArray(one);
  return list && list.length > 0 && list.every(isRow) ? (list as { [key: string]: Json }[]) : undefined;
}

/** What a value is made of, without its contents. */
export function shapeOf(value: Json, depth = 0): Json {
  if (value === null) return "null";
  if (Array.isArray(value))
    return value.length === 0 || depth > 6 ? "array" : [shapeOf(value[0] ?? null, depth + 1)];
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one, depth + 1)]));
  }
  return typeof value;
}

const print = (value: Json) => (typeof value === "string" ? value : JSON.stringify(value));

/** A value as its files, as JSON, as a table, as text or as what it is made of. */
export function ValueView({ value, label }: { value: Json; label: string }) {
  const t = useFlow();
  const rows = rowsOf(value);
  const files = filesIn(value);
  const run = useRun((view) => view.run?.id);
  const forms: Form[] = [
    ...(files.length > 0 ? (["files"] as const) : []),
    ...(typeof value === "string" ? (["text"] as const) : []),
    ...(rows ? (["table"] as const) : []),
    "json",
    "shape",
  ];
  const [wanted, setWanted] = useState<Form>();
  const form = wanted && forms.includes(wanted) ? wanted : (forms[0] ?? "json");
  return (
    <Stack gap={4}>
      <SegmentedControl
        size="xs"
        aria-label={t("value.form", { name: label })}
        value={form}
        onChange={(next) => setWanted(next as Form)}
        data={forms.map((one) => ({ value: one, label: t(`value.${one}`) }))}
      />
      {form === "files" && <FileList files={files} run={run} />}
      {form === "text" && (
        <Box fz="sm" style={{ overflowWrap: "anywhere" }}>
          <Markdown text={print(value)} />
        </Box>
      )}
      {form === "table" && rows && <Rows rows={rows} label={label} />}
      {form === "json" && <CodeBlock code={JSON.stringify(value, null, 2)} label={label} wrap />}
      {form === "shape" && <CodeBlock code={JSON.stringify(shapeOf(value), null, 2)} label={label} wrap />}
    </Stack>
  );
}

const most = 100;

function Rows({ rows, label }: { rows: { [key: string]: Json }[]; label: string }) {
  const t = useFlow();
  const columns = [...new Set(rows.slice(0, most).flatMap((row) => Object.keys(row)))].slice(0, 12);
  return (
    <Box style={{ overflowX: "auto" }} tabIndex={0} role="group" aria-label={label}>
      <Table fz="xs" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.slice(0, most).map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows have no identity but their place
            <Table.Tr key={index}>
              {columns.map((column) => (
                <Table.Td key={column}>{row[column] === undefined ? "" : print(row[column])}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {rows.length > most && (
        <Text size="xs" c="dimmed">
          {t("value.more", { count: rows.length - most })}
        </Text>
      )}
    </Box>
  );
}
