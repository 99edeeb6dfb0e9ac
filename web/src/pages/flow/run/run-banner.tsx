import { Alert, Button, CloseButton, Group, Paper, ScrollArea, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { rememberInput } from "../../../flow/last-input";
import { dateTime } from "../../../i18n/format";
import { useMay } from "../../../session/me";
import { useRun, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import { RunSummary } from "./run-summary";
import { clearRun } from "./start";
import { useTest } from "./texts";

/** The run that is shown, in a corner of the canvas; the test panel has it where that is open. */
export function RunBanner() {
  const t = useFlow();
  const session = useSession();
  const hasRun = useRun(({ status }) => status !== undefined);
  const isTesting = useUi((ui) => ui.isTesting);
  if (!hasRun || isTesting) return null;
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
      <Group gap={4} wrap="nowrap" align="flex-start">
        <ScrollArea.Autosize mah={290} flex={1} miw={0} type="auto">
          <RunSummary />
        </ScrollArea.Autosize>
        {!session.isFrozen && (
          <CloseButton size="sm" aria-label={t("banner.close")} onClick={() => clearRun(session)} />
        )}
      </Group>
    </Paper>
  );
}

/** Says that a past run is shown, and leads back. */
export function FrozenBar() {
  const t = useFlow();
  const test = useTest();
  const may = useMay();
  const session = useSession();
  const navigate = useNavigate();
  const run = useRun((view) => view.run);
  if (!session.isFrozen) return null;
  const leave = (search: { test?: string }) =>
    void navigate({ to: "/flows/$flow", params: { flow: session.id }, search } as never);
  return (
    <Alert radius={0} py={6} color="cyan">
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {t(run?.version == null ? "banner.frozenDraft" : "banner.frozen", {
            time: run ? dateTime(run.created_at) : "",
            number: run?.version ?? 0,
          })}
        </Text>
        <Group gap="xs">
          {run && may("flows:run") && (
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                rememberInput(session.id, run.input);
                leave({ test: "1" });
              }}
            >
              {test("useInput")}
            </Button>
          )}
          <Button size="compact-sm" variant="default" onClick={() => leave({})}>
            {t("banner.back")}
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}
