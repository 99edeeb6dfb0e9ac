import { Alert, Box, Button, CloseButton, Group, Paper, ScrollArea, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { isOver } from "../../../flow/run-state";
import { dateTime, duration, money, number } from "../../../i18n/format";
import { goTo, titleOf } from "../commands";
import { ValueView } from "../panel/value-view";
import { useRun, useSession } from "../session";
import { useFlow } from "../texts";
import { clearRun, retryRun } from "./start";

/** What the run that is shown has come to: its answer, or why it failed and what to do. */
export function RunBanner() {
  const t = useFlow();
  const session = useSession();
  const view = useRun((state) => state);
  const { run, status, output, error, nodes } = view;
  if (!status) return null;
  const failed = run?.error?.node ?? Object.entries(nodes).find(([, work]) => work.status === "failed")?.[0];
  const waiting = Object.entries(nodes).find(([, work]) => work.status === "waiting")?.[0];
  const streams = Object.entries(nodes).filter(
    ([, work]) => work.status === "running" && Object.keys(work.streamed).length > 0,
  );
  return (
    <Paper
      p="sm"
      shadow="sm"
      component="section"
      aria-label={t("banner.title")}
      style={{
        position: "absolute",
        bottom: 12,
        left: 12,
        width: "min(420px, calc(100% - 24px))",
        zIndex: 6,
      }}
    >
      <Group justify="space-between" wrap="nowrap" mb={4}>
        <Text size="sm" fw={600} role="status">
          {t(`run.${status}`)}
          {isOver(status) && run ? ` · ${duration(run.duration_us)}` : ""}
          {run && run.tokens > 0 ? ` · ${number(run.tokens)} tok · ${money(run.nano_usd)}` : ""}
        </Text>
        {!session.isFrozen && (
          <CloseButton size="sm" aria-label={t("banner.close")} onClick={() => clearRun(session)} />
        )}
      </Group>
      <ScrollArea.Autosize mah={260} type="auto">
        <Stack gap="xs">
          {streams.map(([id, work]) => (
            <Box key={id}>
              <Text size="xs" c="dimmed">
                {titleOf(session, id)}
              </Text>
              <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
                {Object.values(work.streamed).join("\n")}
              </Text>
            </Box>
          ))}
          {status === "completed" && output !== undefined && output !== null && (
            <ValueView value={output} label={t("banner.answer")} />
          )}
          {status === "failed" && (
            <Alert
              color="red"
              title={failed ? t("banner.failedAt", { name: titleOf(session, failed) }) : undefined}
            >
              <Text size="sm">{error}</Text>
              <Group gap="xs" mt="xs">
                {failed && (
                  <Button
                    size="compact-xs"
                    variant="default"
                    onClick={() => {
                      session.ui.set({ tab: "result" });
                      goTo(session, failed);
                    }}
                  >
                    {t("banner.show")}
                  </Button>
                )}
                {session.mayRun && !session.isFrozen && run && (
                  <Button size="compact-xs" variant="default" onClick={() => void retryRun(session)}>
                    {t("result.retry")}
                  </Button>
                )}
              </Group>
            </Alert>
          )}
          {status === "waiting" && waiting && (
            <Button
              size="compact-sm"
              variant="light"
              onClick={() => {
                session.ui.set({ tab: "result" });
                goTo(session, waiting);
              }}
            >
              {t("banner.waiting", { name: titleOf(session, waiting) })}
            </Button>
          )}
        </Stack>
      </ScrollArea.Autosize>
    </Paper>
  );
}

/** Says that a past run is shown, and leads back. */
export function FrozenBar() {
  const t = useFlow();
  const session = useSession();
  const navigate = useNavigate();
  const run = useRun((view) => view.run);
  if (!session.isFrozen) return null;
  return (
    <Alert radius={0} py={6} color="cyan">
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {t(run?.version == null ? "banner.frozenDraft" : "banner.frozen", {
            time: run ? dateTime(run.created_at) : "",
            number: run?.version ?? 0,
          })}
        </Text>
        <Button
          size="compact-sm"
          variant="default"
          onClick={() =>
            void navigate({ to: "/flows/$flow", params: { flow: session.id }, search: {} } as never)
          }
        >
          {t("banner.back")}
        </Button>
      </Group>
    </Alert>
  );
}
