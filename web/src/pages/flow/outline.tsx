import { Badge, Box, Button, Group, ScrollArea, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import type { FlowNode, Graph } from "../../flow/graph";
import { openPicker, select, titleOf } from "./commands";
import classes from "./flow.module.css";
import { TypeIcon } from "./icons";
import { useDraft, useGraph, useIsEditable, useRun, useSession, useUi } from "./session";
import { useFlow } from "./texts";

/** Nodes of one level in the order in which they run. */
export function inOrder(graph: Graph, parent: string | undefined): FlowNode[] {
  const level = graph.nodes.filter((node) => node.parent === parent);
  const open = new Map(level.map((node) => [node.id, 0]));
  for (const { from, to } of graph.edges) {
    if (open.has(from.node) && open.has(to.node)) open.set(to.node, (open.get(to.node) ?? 0) + 1);
  }
  const ready = level.filter((node) => open.get(node.id) === 0);
  const sorted: FlowNode[] = [];
  for (let node = ready.shift(); node; node = ready.shift()) {
    sorted.push(node);
    const freed: FlowNode[] = [];
    for (const { from, to } of graph.edges) {
      if (from.node !== node.id || !open.has(to.node)) continue;
      const left = (open.get(to.node) ?? 0) - 1;
      open.set(to.node, left);
      const next = level.find(({ id }) => id === to.node);
      if (left === 0 && next) freed.push(next);
    }
    // What follows stands right below, as it does on the canvas.
    ready.unshift(...freed);
  }
  // What waits for itself is listed all the same.
  return [...sorted, ...level.filter((node) => !sorted.includes(node))];
}

/** The flow as a list: the same document as the canvas, for keyboard and screen reader. */
export function Outline() {
  const t = useFlow();
  const session = useSession();
  const isEditable = useIsEditable();
  const count = useGraph((graph) => graph.nodes.length);
  return (
    <ScrollArea h="100%" p="md" type="auto" viewportProps={{ tabIndex: 0 }}>
      <Stack
        gap="sm"
        maw={720}
        mx="auto"
        className={classes.outline}
        component="section"
        aria-label={t("outline.title")}
      >
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            {t("outline.hint")}
          </Text>
          {isEditable && (
            <Button
              size="compact-sm"
              variant="light"
              leftSection={<IconPlus size={14} />}
              onClick={() => openPicker(session)}
            >
              {t("outline.add")}
            </Button>
          )}
        </Group>
        {count === 0 && <Text size="sm">{t("outline.empty")}</Text>}
        <Level parent={undefined} />
      </Stack>
    </ScrollArea>
  );
}

function Level({ parent }: { parent: string | undefined }) {
  const graph = useGraph((state) => state);
  const nodes = inOrder(graph, parent);
  if (nodes.length === 0) return null;
  return (
    <ol>
      {nodes.map((node) => (
        <li key={node.id}>
          <Row node={node} />
          <Level parent={node.id} />
        </li>
      ))}
    </ol>
  );
}

function Row({ node }: { node: FlowNode }) {
  const t = useFlow();
  const session = useSession();
  const isChosen = useUi((ui) => ui.selection.nodes.includes(node.id));
  const edges = useGraph((graph) => graph.edges);
  const problem = useDraft(({ report }) => report.problems.find((one) => one.node === node.id));
  const work = useRun((view) => view.nodes[node.id]);
  const type = session.book.types.get(node.type);
  const next = edges.filter((edge) => edge.from.node === node.id);
  return (
    <UnstyledButton
      className={classes.type}
      data-at={isChosen || undefined}
      data-id={node.id}
      aria-pressed={isChosen}
      onClick={() => select(session, { nodes: [node.id] })}
    >
      <TypeIcon name={type?.icon ?? "box"} />
      <Box miw={0} flex={1}>
        <Text size="sm" fw={550}>
          {titleOf(session, node.id)}
          {node.disabled ? ` (${t("node.disabled")})` : ""}
        </Text>
        <Text size="xs" c="dimmed">
          {node.id}
          {next.length > 0 &&
            ` → ${next.map(({ from, to }) => `${titleOf(session, to.node)} (${from.port} → ${to.port})`).join(", ")}`}
        </Text>
        {problem && (
          <Text size="xs" c="var(--mantine-color-error)">
            {problem.message}
          </Text>
        )}
      </Box>
      {work && <Badge color="gray">{t(`status.${work.status}`)}</Badge>}
    </UnstyledButton>
  );
}
