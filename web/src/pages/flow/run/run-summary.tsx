import { Alert, Box, Button, Group, Stack, Text } from "@mantine/core";
import { IconRotateClockwise } from "@tabler/icons-react";
import { isOver } from "../../../flow/run-state";
import { duration, money, number } from "../../../i18n/format";
import { goTo, titleOf } from "../commands";
import { ValueView } from "../panel/value-view";
import { useRun, useSession } from "../session";
import { useFlow } from "../texts";
import { NodeFailureNotice } from "./failure";
import { GatewayRequests } from "./gateway-requests";
import { retryRun, runAgain } from "./start";
import { useTest } from "./texts";

/** What the run that is shown has come to: text as it comes, its answer, or why it failed and what helps. */
export function RunSummary() {
  const t = useFlow();
  const test = useTest();
  const session = useSession();
  const view = useRun((state) => state);
  const { run, status, output, error, nodes, steps } = view;
  if (!status) return null;
  const failed = run?.error?.node ?? Object.entries(nodes).find(([, work]) => work.status === "failed")?.[0];
  const failure = failed === undefined ? undefined : nodes[failed]?.failure;
  const failedStep = steps.findLast((step) => step.node === failed && step.status === "failed");
  const waiting = Object.entries(nodes).find(([, work]) => work.status === "waiting")?.[0];
  const streams = Object.entries(nodes).filter(
    ([, work]) => work.status === "running" && Object.keys(work.streamed).length > 0,
  );
  const mayAct = session.mayRun && !session.isFrozen && run !== undefined;
  const show = (node: string) => {
    session.ui.set({ tab: "result" });
    goTo(session, node);
  };
  const actions = (
    <>
      {failed && (
        <Button size="compact-xs" variant="default" onClick={() => show(failed)}>
          {t("banner.show")}
        </Button>
      )}
      {mayAct && (
        <Button size="compact-xs" variant="default" onClick={() => void retryRun(session)}>
          {t("result.retry")}
        </Button>
      )}
      {run && failedStep && <GatewayRequests run={run} step={failedStep} />}
    </>
  );
  return (
    <Stack gap="xs">
      <Group justify="space-between" gap="xs">
        <Text size="sm" fw={600} role="status" className="tabular">
          {t(`run.${status}`)}
          {isOver(status) && run ? ` · ${duration(run.duration_us)}` : ""}
          {run && run.tokens > 0
            ? ` · ${test("costs", { tokens: number(run.tokens) })} · ${money(run.nano_usd)}`
            : ""}
        </Text>
        {mayAct && isOver(status) && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconRotateClockwise size={13} />}
            onClick={() => void runAgain(session)}
          >
            {test("again")}
          </Button>
        )}
      </Group>
      {streams.map(([id, work]) => (
        <Box key={id}>
          <Text size="xs" c="dimmed">
            {titleOf(session, id)}
          </Text>
          <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {Object.values(work.streamed).join("\n")}
          </Text>
        </Box>
      ))}
      {status === "completed" && output !== undefined && output !== null && (
        <ValueView value={output} label={t("banner.answer")} />
      )}
      {status === "failed" && failed && failure && (
        <NodeFailureNotice node={failed} failure={failure}>
          {actions}
        </NodeFailureNotice>
      )}
      {status === "failed" && !(failed && failure) && (
        <Alert
          color="red"
          title={failed ? t("banner.failedAt", { name: titleOf(session, failed) }) : undefined}
        >
          <Text size="sm">{error}</Text>
          <Group gap="xs" mt="xs">
            {actions}
          </Group>
        </Alert>
      )}
      {status === "waiting" && waiting && (
        <Button size="compact-sm" variant="light" onClick={() => show(waiting)}>
          {t("banner.waiting", { name: titleOf(session, waiting) })}
        </Button>
      )}
    </Stack>
  );
}
