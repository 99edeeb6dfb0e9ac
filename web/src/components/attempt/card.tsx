import { Group, Paper, Stack, Text } from "@mantine/core";
import type { AttemptRow } from "../../api/call";
import { dateTime, duration, money, number } from "../../i18n/format";
import { Fact } from "../fact";
import { AttemptStatus } from "./status";
import { useAttempt } from "./texts";

/** One attempt at a provider: who was asked, how it went, what it cost. */
export function AttemptCard({ attempt }: { attempt: AttemptRow }) {
  const t = useAttempt();
  const cost = attempt.cost_nano_usd == null ? t("unpriced") : money(attempt.cost_nano_usd);
  const facts: [string, string | number | null | undefined | false][] = [
    [t("provider"), attempt.provider],
    [t("model"), attempt.model],
    [t("requested"), attempt.requested_model !== attempt.model && attempt.requested_model],
    [t("http"), attempt.http_status],
    [t("tokens"), `${number(attempt.input_tokens)} / ${number(attempt.output_tokens)}`],
    [t("cached"), attempt.cache_read_tokens > 0 && number(attempt.cache_read_tokens)],
    [t("reasoning"), attempt.reasoning_tokens > 0 && number(attempt.reasoning_tokens)],
    [t("source"), sourceOf(attempt.usage_source, t)],
    [t("cost"), cost],
    [t("saved"), attempt.saved_nano_usd > 0 && money(attempt.saved_nano_usd)],
    [t("prices"), attempt.price_version],
    [t("first"), attempt.first_token_us != null && duration(attempt.first_token_us)],
    [t("latency"), duration(attempt.latency_us)],
    [t("overhead"), duration(attempt.overhead_us)],
    [t("translation"), attempt.translation],
    [t("upstreamId"), attempt.upstream_id],
  ];
  return (
    <Paper p="sm" radius="lg">
      <Group justify="space-between" mb={6}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {t("title", { number: attempt.attempt })}
          </Text>
          <AttemptStatus status={attempt.status} />
        </Group>
        <Text size="xs" c="dimmed">
          {dateTime(attempt.created_at)}
        </Text>
      </Group>
      {attempt.error_message && (
        <Text size="sm" c="var(--mantine-color-error)" mb={6}>
          {attempt.error_kind}: {attempt.error_message}
        </Text>
      )}
      <Stack gap={4}>
        {facts.map(
          ([name, value]) =>
            value != null &&
            value !== false && (
              <Fact key={name} name={name} width={150}>
                {value}
              </Fact>
            ),
        )}
      </Stack>
    </Paper>
  );
}

function sourceOf(word: string, t: ReturnType<typeof useAttempt>): string {
  return word === "reported" || word === "estimated" || word === "none" ? t(`sources.${word}`) : word;
}
