import { Badge, Group, Modal, Paper, Stack, Text } from "@mantine/core";
import type { components } from "../../../types/schema";
import { CopyButton } from "../../components/copy-button";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { useCommon } from "../../i18n/common";
import { dateTime, duration, money, number } from "../../i18n/format";
import { useCallDetail } from "./call-detail";
import { usePlayground } from "./texts";

/** Every attempt that a request led to: who was asked, how it went, what it cost. */
export function Explain({ requestId, onClose }: { requestId: string | null; onClose: () => void }) {
  const t = usePlayground();
  const common = useCommon();
  const detail = useCallDetail(requestId, true);
  return (
    <Modal opened={requestId !== null} onClose={onClose} title={t("explainTitle")} size="lg">
      <Stack gap="sm">
        <Group gap={4}>
          <Text size="xs" c="dimmed" ff="monospace">
            {common("requestId", { id: requestId })}
          </Text>
          <CopyButton value={requestId ?? ""} />
        </Group>
        {detail.isPending && <Pending rows={4} />}
        {detail.error && <FailureNotice error={detail.error} onRetry={detail.refetch} />}
        {detail.data && (
          <>
            <Text size="sm">
              {t("attempts", { count: detail.data.attempts.length, cost: money(detail.data.cost_nano_usd) })}
            </Text>
            {detail.data.attempts.map((attempt) => (
              <Attempt key={attempt.id} attempt={attempt} />
            ))}
          </>
        )}
      </Stack>
    </Modal>
  );
}

function Attempt({ attempt }: { attempt: components["schemas"]["AttemptRow"] }) {
  const t = usePlayground();
  const facts: [string, string | null][] = [
    [t("provider"), attempt.provider],
    [t("upstreamModel"), attempt.model],
    [t("figures.tokens"), `${number(attempt.input_tokens)} / ${number(attempt.output_tokens)}`],
    [t("source"), attempt.usage_source],
    [t("figures.cost"), attempt.cost_nano_usd == null ? "–" : money(attempt.cost_nano_usd)],
    [t("figures.first"), attempt.first_token_us == null ? null : duration(attempt.first_token_us)],
    [t("latency"), duration(attempt.latency_us)],
    [t("overhead"), duration(attempt.overhead_us)],
    [t("translation"), attempt.translation ?? null],
  ];
  const good = attempt.status === "success" || attempt.status === "cache_hit";
  return (
    <Paper p="sm">
      <Group justify="space-between" mb={6}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {t("attempt", { number: attempt.attempt })}
          </Text>
          <Badge color={good ? "petrol" : "red"}>{attempt.status}</Badge>
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
      {facts.map(
        ([name, value]) =>
          value !== null && (
            <Group key={name} gap="sm" wrap="nowrap">
              <Text size="sm" c="dimmed" w={150} style={{ flexShrink: 0 }}>
                {name}
              </Text>
              <Text size="sm" className="tabular" style={{ overflowWrap: "anywhere" }}>
                {value}
              </Text>
            </Group>
          ),
      )}
    </Paper>
  );
}
