import { Anchor, Badge, Button, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconArrowLeft, IconZoomQuestion } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { type AttemptRow, type CallDetail, useCallDetail } from "../../api/call";
import { Failure } from "../../api/failure";
import { useKeyNames, useMemberNames, useTeamNames } from "../../api/names";
import { AttemptCard } from "../../components/attempt/card";
import { AttemptStatus } from "../../components/attempt/status";
import { CodeBlock } from "../../components/code-block";
import { CopyButton } from "../../components/copy-button";
import { EmptyState } from "../../components/empty-state";
import { Fact } from "../../components/fact";
import { FailureNotice } from "../../components/failure-notice";
import { Figure } from "../../components/figure";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { useCommon } from "../../i18n/common";
import { duration, money, number } from "../../i18n/format";
import { useMay } from "../../session/me";
import { elapsed } from "./elapsed";
import { indented } from "./json";
import { useRequest } from "./texts";

/** One call with all its attempts. */
export default function RequestPage() {
  const t = useRequest();
  const common = useCommon();
  const { requestId } = useParams({ strict: false }) as { requestId: string };
  const detail = useCallDetail(requestId, true);
  const back = (
    <Button
      component={Link}
      to="/usage?view=requests"
      variant="default"
      leftSection={<IconArrowLeft size={16} />}
    >
      {t("toLog")}
    </Button>
  );
  if (detail.error && Failure.of(detail.error).status === 404) {
    return (
      <Page title={t("title")} actions={back}>
        <EmptyState icon={IconZoomQuestion} title={t("notFound")} hint={t("notFoundHint")}>
          <Text size="xs" ff="monospace" c="dimmed">
            {requestId}
          </Text>
        </EmptyState>
      </Page>
    );
  }
  return (
    <Page title={t("title")} actions={back}>
      <Group gap={4} mb="md">
        <Text size="sm" c="dimmed" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {common("requestId", { id: requestId })}
        </Text>
        <CopyButton value={requestId} />
        {detail.data?.attempts.at(-1) && <AttemptStatus status={detail.data.attempts.at(-1)?.status ?? ""} />}
      </Group>
      {detail.error && <FailureNotice error={detail.error} onRetry={detail.refetch} />}
      {detail.isPending && <Pending />}
      {detail.data && <Content call={detail.data} />}
    </Page>
  );
}

function Content({ call }: { call: CallDetail }) {
  const t = useRequest();
  const last = call.attempts.at(-1);
  return (
    <Stack gap="lg">
      <Figures call={call} />
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        <Stack gap="sm">
          <Title order={2}>{t("attempts")}</Title>
          {call.attempts.map((attempt) => (
            <AttemptCard key={attempt.id} attempt={attempt} />
          ))}
        </Stack>
        <Stack gap="sm">
          <Title order={2}>{t("about")}</Title>
          {last && <About attempt={last} />}
        </Stack>
      </SimpleGrid>
      <Bodies call={call} />
    </Stack>
  );
}

function Figures({ call }: { call: CallDetail }) {
  const t = useRequest();
  const last = call.attempts.at(-1);
  const failed = call.attempts.filter(({ status }) => status === "error").length;
  const sum = (of: (attempt: AttemptRow) => number) =>
    call.attempts.reduce((total, attempt) => total + of(attempt), 0);
  const [input, output] = [sum((one) => one.input_tokens), sum((one) => one.output_tokens)];
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
      <Figure label={t("cost")} value={money(call.cost_nano_usd)} />
      <Figure
        label={t("latency")}
        value={duration(elapsed(call.attempts))}
        note={last && t("overhead", { time: duration(last.overhead_us) })}
      />
      <Figure
        label={t("tokens")}
        value={number(input + output)}
        note={t("inOut", { input: number(input), output: number(output) })}
      />
      <Figure
        label={t("attempts")}
        value={number(call.attempts.length)}
        note={failed > 0 ? t("failed", { count: failed }) : t("noneFailed")}
      />
    </SimpleGrid>
  );
}

function About({ attempt }: { attempt: AttemptRow }) {
  const t = useRequest();
  const keys = useKeyNames();
  const members = useMemberNames();
  const teams = useTeamNames();
  const caller = attempt.caller;
  const facts: [string, string | null | undefined][] = [
    [t("endpoint"), attempt.endpoint],
    [t("operation"), attempt.operation],
    [t("streamed"), attempt.stream ? t("yes") : t("no")],
    [
      t("caller"),
      caller === "http" || caller === "rag" || caller === "flow" ? t(`callers.${caller}`) : caller,
    ],
    [t("key"), attempt.key_id && (keys?.get(attempt.key_id) ?? attempt.key_id)],
    [t("member"), attempt.user_id && (members?.get(attempt.user_id) ?? attempt.user_id)],
    [t("team"), attempt.team_id && (teams?.get(attempt.team_id) ?? attempt.team_id)],
    [t("endUser"), attempt.end_user],
    [t("run"), attempt.run_id],
  ];
  return (
    <Paper p="sm" radius="lg">
      <Stack gap={4}>
        {facts.map(
          ([name, value]) =>
            value && (
              <Fact key={name} name={name} width={150}>
                {value}
              </Fact>
            ),
        )}
        {attempt.tags.length > 0 && (
          <Fact name={t("tags")} width={150}>
            <Group gap={4}>
              {attempt.tags.map((tag) => (
                <Badge key={tag} color="gray">
                  {tag}
                </Badge>
              ))}
            </Group>
          </Fact>
        )}
        <Json name={t("metadata")} value={attempt.metadata} />
        <Json name={t("counted")} value={attempt.usage_detail} />
      </Stack>
    </Paper>
  );
}

function Json({ name, value }: { name: string; value: unknown }) {
  if (value == null || (typeof value === "object" && Object.keys(value).length === 0)) return null;
  return (
    <Stack gap={4} mt="xs">
      <Text size="sm" c="dimmed">
        {name}
      </Text>
      <CodeBlock code={JSON.stringify(value, null, 2)} label={name} />
    </Stack>
  );
}

function Bodies({ call }: { call: CallDetail }) {
  const t = useRequest();
  const may = useMay();
  return (
    <section>
      <Title order={2} mb="sm">
        {t("bodies")}
      </Title>
      {call.bodies ? (
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
          <Stack gap={4} miw={0}>
            <Text size="sm" c="dimmed">
              {t("request")}
            </Text>
            <CodeBlock code={indented(call.bodies.request)} label={t("request")} />
          </Stack>
          <Stack gap={4} miw={0}>
            <Text size="sm" c="dimmed">
              {t("response")}
            </Text>
            <CodeBlock code={indented(call.bodies.response)} label={t("response")} />
          </Stack>
        </SimpleGrid>
      ) : (
        <Text size="sm" c="dimmed">
          {t("noBodies")}{" "}
          {may("organization:update") && (
            <Anchor component={Link} to="/settings" inherit underline="always">
              {t("toSettings")}
            </Anchor>
          )}
        </Text>
      )}
    </section>
  );
}
