import { Box, CloseButton, Group, ScrollArea, Stack, Tabs, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { isKey, nodeOf } from "../../../flow/graph";
import { Markdown } from "../../../flow/markdown";
import { renameNode, setName, setSettings } from "../../../flow/operations";
import { select } from "../commands";
import { Properties } from "../form/field";
import { ReferencesOf } from "../form/references";
import { propertiesOf } from "../form/schema";
import { TypeIcon } from "../icons";
import { useDraft, useGraph, useIsEditable, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import { Connections } from "./connections";
import { NextTimes } from "./next-times";
import { NodeResult } from "./node-result";
import { PolicyForm } from "./policy-form";

/** Everything about the chosen node: settings, edges, what it did, how it is used. */
export function NodePanel({ id }: { id: string }) {
  const t = useFlow();
  const session = useSession();
  const node = useGraph((graph) => nodeOf(graph, id));
  const tab = useUi((ui) => ui.tab);
  if (!node) return null;
  const type = session.book.types.get(node.type);
  return (
    <Stack gap={0} h="100%" component="section" aria-label={t("panel.title")}>
      <Group gap="xs" p="sm" pb={4} wrap="nowrap">
        <TypeIcon name={type?.icon ?? "box"} size={18} />
        <Box flex={1} miw={0}>
          <Text fw={600} size="sm" className="truncate">
            {node.name || type?.title || node.type}
          </Text>
          <Text size="xs" c="dimmed" className="truncate">
            {type?.summary ?? t("panel.unknownType", { type: node.type })}
          </Text>
        </Box>
        <CloseButton size="sm" aria-label={t("panel.close")} onClick={() => select(session, {})} />
      </Group>
      <Tabs
        value={tab}
        onChange={(next) => session.ui.set({ tab: next ?? "settings" })}
        keepMounted={false}
        style={{ display: "flex", flexDirection: "column", minHeight: 0, flex: 1 }}
      >
        <Tabs.List px="xs">
          <Tabs.Tab value="settings">{t("panel.settings")}</Tabs.Tab>
          <Tabs.Tab value="edges">{t("panel.edges")}</Tabs.Tab>
          <Tabs.Tab value="result">{t("panel.result")}</Tabs.Tab>
          <Tabs.Tab value="docs">{t("panel.docs")}</Tabs.Tab>
        </Tabs.List>
        <ScrollArea flex={1} p="sm" type="auto" viewportProps={{ tabIndex: 0 }}>
          <Tabs.Panel value="settings">
            <ReferencesOf node={id}>
              <NodeSettings key={id} id={id} />
            </ReferencesOf>
          </Tabs.Panel>
          <Tabs.Panel value="edges">
            <Connections id={id} />
          </Tabs.Panel>
          <Tabs.Panel value="result">
            <NodeResult id={id} />
          </Tabs.Panel>
          <Tabs.Panel value="docs">
            <Box fz="sm">
              <Markdown text={type?.docs || type?.summary || ""} />
            </Box>
          </Tabs.Panel>
        </ScrollArea>
      </Tabs>
    </Stack>
  );
}

/** What is wrong with each field of a node, by the field's path. */
export function useFieldProblems(id: string): Map<string, string> {
  const problems = useDraft(({ report }) => report.problems);
  const own = problems.filter((problem) => problem.node === id && (problem.field || problem.port));
  return new Map(own.map((problem) => [problem.field ?? problem.port ?? "", problem.message]));
}

function NodeSettings({ id }: { id: string }) {
  const t = useFlow();
  const { editor, book } = useSession();
  const isEditable = useIsEditable();
  const node = useGraph((graph) => nodeOf(graph, id));
  const problems = useFieldProblems(id);
  const general = useDraft(({ report }) => report.problems).filter(
    (problem) => problem.node === id && !problem.field && !problem.port,
  );
  if (!node) return null;
  const type = book.types.get(node.type);
  const root = type?.settings_schema ?? {};
  return (
    <Stack gap="sm">
      {general.map((problem) => (
        <Text key={problem.code + problem.message} size="xs" c="var(--mantine-color-error)">
          {problem.message}
        </Text>
      ))}
      <TextInput
        size="xs"
        label={t("panel.name")}
        placeholder={type?.title}
        disabled={!isEditable}
        value={node.name ?? ""}
        onChange={(event) => {
          const name = event.currentTarget.value;
          editor.apply({ key: "rename" }, (graph) => setName(graph, id, name), `name:${id}`);
        }}
      />
      {type && (
        <Properties
          {...propertiesOf(root, root)}
          path=""
          root={root}
          values={node.settings}
          isDisabled={!isEditable}
          problems={problems}
          onChange={(settings) =>
            editor.apply(
              { key: "settings", values: { what: node.name || type.title } },
              (graph) => setSettings(graph, id, settings),
              `settings:${id}`,
            )
          }
        />
      )}
      {node.type === "input.schedule" && <NextTimes settings={node.settings} schema={root} />}
      <PolicyForm id={id} />
      <KeyField id={id} />
    </Stack>
  );
}

/** The node's name in expressions; those of other nodes follow when it changes. */
function KeyField({ id }: { id: string }) {
  const t = useFlow();
  const session = useSession();
  const { editor } = session;
  const isEditable = useIsEditable();
  const [key, setKey] = useState(id);
  const isTaken = useGraph((graph) => key !== id && graph.nodes.some((node) => node.id === key));
  const error = !isKey(key) ? t("panel.badKey") : isTaken ? t("panel.takenKey") : undefined;
  const change = () => {
    if (error || key === id) {
      setKey(id);
      return;
    }
    editor.apply({ key: "key" }, (graph) => renameNode(graph, id, key));
    select(session, { nodes: [key] });
  };
  return (
    <TextInput
      size="xs"
      label={t("panel.key")}
      description={t("panel.keyHint", { code: `nodes.${id}.output` })}
      disabled={!isEditable}
      value={key}
      error={error}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      onChange={(event) => setKey(event.currentTarget.value)}
      onBlur={change}
      onKeyDown={(event) => event.key === "Enter" && change()}
    />
  );
}
