import { ActionIcon, Badge, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { type End, type FlowNode, nodeOf } from "../../../flow/graph";
import type { Port } from "../../../flow/node-type";
import { remove } from "../../../flow/operations";
import { judgeConnection } from "../../../flow/ports";
import { connect, goTo, titleOf } from "../commands";
import { useGraph, useIsEditable, usePorts, useSession } from "../session";
import { useFlow } from "../texts";

/** The node's ports with their edges: what the canvas draws, for keyboard and screen reader. */
export function Connections({ id }: { id: string }) {
  const t = useFlow();
  const book = usePorts();
  const node = useGraph((graph) => nodeOf(graph, id));
  if (!node) return null;
  const ports = book.of(node);
  return (
    <Stack gap="md">
      <Side title={t("edges.inputs")} node={node} ports={ports.inputs} side="in" />
      <Side title={t("edges.outputs")} node={node} ports={ports.outputs} side="out" />
      {ports.inner_outputs && (
        <Side title={t("edges.into")} node={node} ports={ports.inner_outputs} side="out" isInner />
      )}
      {ports.inner_inputs && (
        <Side title={t("edges.outOf")} node={node} ports={ports.inner_inputs} side="in" isInner />
      )}
    </Stack>
  );
}

interface SideProps {
  title: string;
  node: FlowNode;
  ports: Port[];
  side: "in" | "out";
  isInner?: boolean;
}

function Side({ title, node, ports, side, isInner = false }: SideProps) {
  if (ports.length === 0) return null;
  return (
    <Stack gap="xs" component="section" aria-label={title}>
      <Text size="xs" fw={600}>
        {title}
      </Text>
      {ports.map((port) => (
        <PortRow key={port.name} node={node} port={port} side={side} isInner={isInner} />
      ))}
    </Stack>
  );
}

interface RowProps {
  node: FlowNode;
  port: Port;
  side: "in" | "out";
  isInner: boolean;
}

const write = ({ node, port }: End) => `${node}.${port}`;

function PortRow({ node, port, side, isInner }: RowProps) {
  const t = useFlow();
  const session = useSession();
  const { editor, ui } = session;
  const isEditable = useIsEditable();
  const edges = useGraph((graph) => graph.edges);
  const nodes = useGraph((graph) => graph.nodes);
  const own = { node: node.id, port: port.name };
  const isHere = (end: End) => end.node === node.id && end.port === port.name;
  const parentOf = new Map(nodes.map((one) => [one.id, one.parent]));
  const there = edges.filter((edge) => {
    const [mine, other] = side === "in" ? [edge.to, edge.from] : [edge.from, edge.to];
    return isHere(mine) && (parentOf.get(other.node) === node.id) === isInner;
  });
  return (
    <Stack gap={4}>
      <Group gap={6} justify="space-between" wrap="nowrap">
        <Text size="xs">
          {port.title}
          {port.required && side === "in" ? " *" : ""}
        </Text>
        <Badge size="xs" color="gray">
          {port.type}
        </Badge>
      </Group>
      {there.map((edge) => {
        const other = side === "in" ? edge.from : edge.to;
        const name = `${titleOf(session, other.node)} · ${other.port}`;
        return (
          <Group key={edge.id} gap={4} wrap="nowrap">
            <Button
              size="compact-xs"
              variant="default"
              flex={1}
              justify="flex-start"
              onClick={() => goTo(session, other.node)}
            >
              {side === "in" ? "← " : "→ "}
              {name}
            </Button>
            {isEditable && (
              <ActionIcon
                size="sm"
                aria-label={t("edges.cut", { name })}
                onClick={() =>
                  editor.apply({ key: "remove", values: { count: 1 } }, (graph) =>
                    remove(graph, { edges: [edge.id] }),
                  )
                }
              >
                <IconX size={13} />
              </ActionIcon>
            )}
          </Group>
        );
      })}
      {isEditable && (
        <Group gap={4} wrap="nowrap">
          <Ends own={own} side={side} label={port.title} />
          {side === "out" && (
            <ActionIcon
              size="sm"
              variant="light"
              aria-label={t("addAfter", { port: port.title })}
              onClick={() => ui.set({ picker: { from: { ...own, type: port.type, isInner } } })}
            >
              <IconPlus size={13} />
            </ActionIcon>
          )}
        </Group>
      )}
    </Stack>
  );
}

/** All ports that an edge from or to here could lead to. */
function Ends({ own, side, label }: { own: End; side: "in" | "out"; label: string }) {
  const t = useFlow();
  const session = useSession();
  const book = usePorts();
  const graph = useGraph((state) => state);
  const options = graph.nodes.flatMap((other) => {
    const ports = book.of(other);
    const list =
      side === "in"
        ? [...ports.outputs, ...(ports.inner_outputs ?? [])]
        : [...ports.inputs, ...(ports.inner_inputs ?? [])];
    return list.flatMap((port) => {
      const end = { node: other.id, port: port.name };
      const [from, to] = side === "in" ? [end, own] : [own, end];
      const judged = judgeConnection(graph, book, from, to);
      if ("refused" in judged) return [];
      const how = judged.conversion === "same" ? "" : ` (${t(`conversion.${judged.conversion}`)})`;
      return [{ value: write(end), label: `${titleOf(session, other.id)} · ${port.title}${how}` }];
    });
  });
  return (
    <Select
      flex={1}
      size="xs"
      searchable
      placeholder={t("edges.connect")}
      aria-label={t(side === "in" ? "edges.connectTo" : "edges.connectFrom", { port: label })}
      data={options}
      value={null}
      nothingFoundMessage={t("edges.nothingFits")}
      onChange={(chosen) => {
        if (!chosen) return;
        const cut = chosen.indexOf(".");
        const end = { node: chosen.slice(0, cut), port: chosen.slice(cut + 1) };
        if (side === "in") connect(session, end, own);
        else connect(session, own, end);
      }}
    />
  );
}
