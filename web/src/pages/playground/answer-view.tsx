import { Badge, Box, Button, Group, Skeleton, Stack, Text } from "@mantine/core";
import { IconCode, IconInfoCircle, IconTool } from "@tabler/icons-react";
import { useCallDetail } from "../../api/call";
import { CopyButton } from "../../components/copy-button";
import { FailureNotice } from "../../components/failure-notice";
import { duration, money, number } from "../../i18n/format";
import { useMay } from "../../session/me";
import type { Answer } from "./chat";
import classes from "./playground.module.css";
import { usePlayground } from "./texts";

interface Props {
  answer: Answer;
  onCode: () => void;
  onExplain: () => void;
}

/** One answer with its figures, and what can be asked about it. */
export function AnswerView({ answer, onCode, onExplain }: Props) {
  const t = usePlayground();
  const isOver = answer.state === "done" || answer.state === "stopped" || answer.state === "failed";
  return (
    <Stack gap={8} className={classes.answer}>
      {answer.state === "waiting" && (
        <Stack gap={6} role="status" aria-label={t("waiting")}>
          <Skeleton height={12} width="80%" />
          <Skeleton height={12} width="55%" />
        </Stack>
      )}
      {answer.reasoning && (
        <details className={classes.reasoning}>
          <summary>{t("reasoning")}</summary>
          <Text size="sm" className={classes.text}>
            {answer.reasoning}
          </Text>
        </details>
      )}
      {answer.text && (
        <Text size="md" className={classes.text} data-testid="answer">
          {answer.text}
        </Text>
      )}
      {answer.toolCalls.map((call) => (
        <Box key={`${call.name}${call.arguments}`} className={classes.tool}>
          <Group gap={6}>
            <IconTool size={14} />
            <Text size="sm" fw={550}>
              {t("toolCall", { name: call.name })}
            </Text>
          </Group>
          <pre className={classes.arguments}>{call.arguments}</pre>
        </Box>
      ))}
      {answer.error != null && <FailureNotice error={answer.error} />}
      {isOver && (
        <Group gap="xs" justify="space-between">
          <Figures answer={answer} />
          <Group gap={2}>
            {answer.text && <CopyButton value={answer.text} />}
            <Button size="compact-xs" variant="subtle" leftSection={<IconCode size={14} />} onClick={onCode}>
              {t("code")}
            </Button>
            {answer.requestId && (
              <Button
                size="compact-xs"
                variant="subtle"
                leftSection={<IconInfoCircle size={14} />}
                onClick={onExplain}
              >
                {t("explain")}
              </Button>
            )}
          </Group>
        </Group>
      )}
    </Stack>
  );
}

function Figures({ answer }: { answer: Answer }) {
  const t = usePlayground();
  const may = useMay();
  const detail = useCallDetail(answer.requestId, may("usage:read"));
  const cost = detail.data?.attempts.some((one) => one.cost_nano_usd != null)
    ? detail.data.cost_nano_usd
    : null;
  const figures: [string, string | null][] = [
    [t("figures.first"), answer.firstMs === null ? null : duration(answer.firstMs * 1_000)],
    [t("figures.total"), answer.totalMs === null ? null : duration(answer.totalMs * 1_000)],
    [
      t("figures.tokens"),
      answer.inputTokens === null
        ? null
        : `${number(answer.inputTokens)} / ${number(answer.outputTokens ?? 0)}`,
    ],
    [t("figures.cost"), cost === null ? null : money(cost)],
  ];
  return (
    <Group gap={6}>
      {answer.state === "stopped" && <Badge color="gray">{t("stopped")}</Badge>}
      {figures.map(
        ([name, value]) =>
          value !== null && (
            <Text key={name} size="xs" c="dimmed" className="tabular">
              {name}{" "}
              <Text span inherit c="var(--mantine-color-text)" fw={550}>
                {value}
              </Text>
            </Text>
          ),
      )}
    </Group>
  );
}
