import { Button, Code, Group, NumberInput, Stack, Switch, Text, Textarea, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type FlowTool, flows, type PutTool } from "../../../api/flows";
import { CodeBlock } from "../../../components/code-block";
import { CopyButton } from "../../../components/copy-button";
import { FailureNotice } from "../../../components/failure-notice";
import { useSession } from "../session";
import { useToolTexts } from "./texts";

/** The flow as a tool of MCP clients: its switch, what models are told, and lines to connect a client. */
export function ToolPart({ tool }: { tool: FlowTool }) {
  const t = useToolTexts();
  const session = useSession();
  const client = useQueryClient();
  const [description, setDescription] = useState(tool.description);
  const [seconds, setSeconds] = useState(tool.timeout_ms / 1000);
  const mayChange = session.mayPublish && !session.isFrozen;
  const put = useMutation({
    mutationFn: (wanted: PutTool) => flows.putTool(session.id, wanted),
    onSuccess: () => client.invalidateQueries({ queryKey: ["deployment", session.id] }),
    meta: { silent: true },
  });
  const { is_on, timeout_ms } = tool;
  const wanted = { is_on, description: description.trim(), timeout_ms: Math.round(seconds * 1000) };
  const isChanged = wanted.description !== tool.description || wanted.timeout_ms !== timeout_ms;
  const url = `${location.origin}${tool.path}`;
  return (
    <Stack gap="xs" component="section" aria-label={t("title")}>
      <Title order={3} size="h5">
        {t("title")}
      </Title>
      <Text size="sm">{t("hint")}</Text>
      <Switch
        label={t("isOn")}
        checked={is_on}
        disabled={!mayChange || put.isPending}
        onChange={(event) =>
          put.mutate({ is_on: event.currentTarget.checked, description: tool.description, timeout_ms })
        }
      />
      {put.error && <FailureNotice error={put.error} />}
      {is_on && (
        <>
          <Textarea
            label={t("description")}
            description={t("descriptionHint")}
            autosize
            minRows={2}
            maxLength={4000}
            disabled={!mayChange}
            value={description}
            onChange={(event) => setDescription(event.currentTarget.value)}
          />
          <NumberInput
            label={t("timeout")}
            min={1}
            max={300}
            disabled={!mayChange}
            value={seconds}
            onChange={(value) => setSeconds(Number(value) || 1)}
          />
          {isChanged && mayChange && (
            <Group>
              <Button size="compact-sm" loading={put.isPending} onClick={() => put.mutate(wanted)}>
                {t("save")}
              </Button>
            </Group>
          )}
          <Text size="sm">
            {t("named")} <Code>{tool.name}</Code>
          </Text>
          <Group gap="xs">
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {t("url")}: <Code>{url}</Code>
            </Text>
            <CopyButton value={url} label={t("copied")} />
          </Group>
          <Text size="sm">{t("config")}</Text>
          <CodeBlock code={configuration(url)} label={t("config")} />
        </>
      )}
    </Stack>
  );
}

/** What clients' configuration files call a server. */
function configuration(url: string): string {
  const server = { type: "http", url, headers: { Authorization: "Bearer nab-…" } };
  return JSON.stringify({ mcpServers: { "nocode-ai-builder": server } }, null, 2);
}
