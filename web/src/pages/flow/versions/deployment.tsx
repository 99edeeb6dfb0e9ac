import { Alert, Button, Code, List, Stack, Switch, Text, Title } from "@mantine/core";
import { IconRocket } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type DeployedSchedule, type Deployment, flows, type InputSchema } from "../../../api/flows";
import { CodeBlock } from "../../../components/code-block";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { Snippets } from "../../../components/snippets";
import type { Json } from "../../../flow/graph";
import { dateTime } from "../../../i18n/format";
import { useDraft, useSession } from "../session";
import { useFlow } from "../texts";
import { PagePart } from "./page-part";
import { ToolPart } from "./tool-part";

/** Where the live version can be called, with calls to copy; and the switch that turns it off. */
export function DeploymentPanel() {
  const t = useFlow();
  const session = useSession();
  const { draft, id } = session;
  const client = useQueryClient();
  const flow = useDraft((state) => state.flow);
  const found = useQuery({
    queryKey: ["deployment", id, flow.live_version, flow.slug, flow.is_active],
    queryFn: () => flows.deployment(id),
  });
  const turn = useMutation({
    mutationFn: async (isActive: boolean) => {
      await draft.flush();
      const { revision } = draft.state.get().flow;
      return flows.save(id, { revision, is_active: isActive });
    },
    onSuccess: (saved) => {
      draft.adopt(saved);
      void client.invalidateQueries({ queryKey: ["flows"] });
    },
  });
  if (found.error) return <FailureNotice error={found.error} onRetry={() => void found.refetch()} />;
  if (found.isPending) return <Pending rows={4} />;
  const { version, model, endpoint, tool, webhook, schedules, pages } = found.data;
  if (version === null) {
    return (
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{t("deployment.unpublished")}</Text>
        {session.mayPublish && (
          <Button
            leftSection={<IconRocket size={15} />}
            onClick={() => session.ui.set({ drawer: undefined, dialog: "publish" })}
          >
            {t("toolbar.publish")}
          </Button>
        )}
      </Stack>
    );
  }
  return (
    <Stack gap="md">
      <Switch
        label={t("deployment.isOn", { number: version })}
        description={t("deployment.isOnHint")}
        checked={flow.is_active}
        disabled={!session.mayPublish || session.isFrozen || turn.isPending}
        onChange={(event) => turn.mutate(event.currentTarget.checked)}
      />
      {turn.error && <FailureNotice error={turn.error} />}
      {pages.map((page) => (
        <PagePart key={page.kind} page={page} />
      ))}
      {model && (
        <Stack gap="xs">
          <Title order={3} size="h5">
            {t("deployment.model")}
          </Title>
          <Text size="sm">
            {t("deployment.modelHint")} <Code>{model}</Code>
          </Text>
          <Snippets call={{ model, messages: [{ role: "user", content: t("deployment.question") }] }} />
        </Stack>
      )}
      {endpoint && <EndpointPart endpoint={endpoint} />}
      {tool && <ToolPart key={JSON.stringify(tool)} tool={tool} />}
      {webhook && <WebhookPart webhook={webhook} />}
      {schedules.map((schedule) => (
        <SchedulePart key={schedule.node_id} schedule={schedule} />
      ))}
      {!model && !endpoint && !webhook && schedules.length === 0 && pages.length === 0 && (
        <Text size="sm">{t("deployment.nothing")}</Text>
      )}
    </Stack>
  );
}

function EndpointPart({ endpoint }: { endpoint: NonNullable<Deployment["endpoint"]> }) {
  const t = useFlow();
  const input = sampleOf(endpoint.input_schema);
  const call = [
    `curl ${location.origin}${endpoint.path} \\`,
    `  -H "Authorization: Bearer nab-…" \\`,
    `  -H "Content-Type: application/json" \\`,
    `  -d '${JSON.stringify({ input }).replaceAll("'", "'\\''")}'`,
  ].join("\n");
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t("deployment.endpoint")}
      </Title>
      <Text size="sm">{t("deployment.endpointHint")}</Text>
      <CodeBlock code={call} label="curl" />
      <Text size="sm">{t("deployment.schema")}</Text>
      <CodeBlock code={JSON.stringify(endpoint.input_schema, null, 2)} label={t("deployment.schema")} />
    </Stack>
  );
}

function SchedulePart({ schedule }: { schedule: DeployedSchedule }) {
  const t = useFlow();
  const { last, next, times, timezone } = schedule;
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t("deployment.schedule")}
      </Title>
      <Text size="sm">
        <Code>{times.join(" · ")}</Code> {timezone || "UTC"}
      </Text>
      <Text size="sm">{t("deployment.next")}</Text>
      <List size="sm">
        {next.map((time) => (
          <List.Item key={time}>{dateTime(time)}</List.Item>
        ))}
      </List>
      {last?.error && (
        <Alert color="red" title={t("deployment.notBegun", { time: dateTime(last.scheduled_at) })}>
          {last.error}
        </Alert>
      )}
    </Stack>
  );
}

function WebhookPart({ webhook }: { webhook: NonNullable<Deployment["webhook"]> }) {
  const t = useFlow();
  const { ui } = useSession();
  const method = webhook.methods[0] ?? "POST";
  const lines = [`curl -X ${method} ${location.origin}${webhook.path}`];
  if (method !== "GET") {
    lines.push(`  -H "Content-Type: application/json"`, `  -d '{"text": "…"}'`);
  }
  return (
    <Stack gap="xs">
      <Title order={3} size="h5">
        {t("deployment.webhook")}
      </Title>
      <Text size="sm">{t("deployment.webhookHint")}</Text>
      <CodeBlock code={lines.join(" \\\n")} label="curl" />
      <Button
        size="xs"
        variant="default"
        style={{ alignSelf: "flex-start" }}
        onClick={() => ui.set({ drawer: "deliveries" })}
      >
        {t("deployment.deliveries")}
      </Button>
    </Stack>
  );
}

/** An input that fits the fields: their defaults, else something of their type. */
export function sampleOf(schema: InputSchema) {
  const input: Record<string, Json> = {};
  for (const [name, field] of Object.entries(schema.properties)) {
    input[name] = field.default ?? field.enum?.[0] ?? placeholders[field.type ?? "string"] ?? "…";
  }
  return input;
}

const placeholders: Record<string, Json> = { string: "…", number: 1, boolean: true, array: [], object: {} };
