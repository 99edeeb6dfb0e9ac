import { Badge, Button, Group, Select, Stack, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { runs } from "../../../api/flows";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { runColor, runStatuses } from "../../../flow/run-look";
import { ago, dateTime, duration, money } from "../../../i18n/format";
import classes from "../flow.module.css";
import { useRun, useSession } from "../session";
import { useFlow } from "../texts";

/** Past runs of the flow; one that is opened is shown on a canvas that cannot be changed. */
export function RunList({ onOpen }: { onOpen: () => void }) {
  const t = useFlow();
  const session = useSession();
  const navigate = useNavigate();
  const [status, setStatus] = useState<string | null>(null);
  const current = useRun((view) => `${view.run?.id}${view.status}`);
  const list = useQuery({
    queryKey: ["runs", session.id, status, current],
    queryFn: () => runs.list({ workflow_id: session.id, status: status ?? undefined, limit: 50 }),
  });
  if (list.error) return <FailureNotice error={list.error} onRetry={() => void list.refetch()} />;
  return (
    <Stack gap="xs">
      <Group gap="xs" align="flex-end">
        <Select
          flex={1}
          size="xs"
          clearable
          label={t("runs.status")}
          placeholder={t("runs.any")}
          data={runStatuses.map((value) => ({ value, label: t(`run.${value}`) }))}
          value={status}
          onChange={setStatus}
        />
        <Button size="xs" variant="default" onClick={() => void list.refetch()}>
          {t("runs.refresh")}
        </Button>
      </Group>
      {list.isPending && <Pending rows={5} />}
      {list.data?.data.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("runs.none")}
        </Text>
      )}
      {list.data?.data.map((run) => (
        <UnstyledButton
          key={run.id}
          className={classes.type}
          title={dateTime(run.created_at)}
          onClick={() => {
            onOpen();
            void navigate({
              to: "/flows/$flow",
              params: { flow: session.id },
              search: { run: run.id },
            } as never);
          }}
        >
          <Badge color={runColor(run.status)}>{t(`run.${run.status}`)}</Badge>
          <Text size="sm" flex={1}>
            {ago(run.created_at)}
          </Text>
          <Text size="xs" c="dimmed" className="tabular">
            {run.version === null ? t("state.draft") : t("version.short", { number: run.version })} ·{" "}
            {duration(run.duration_us)} · {money(run.nano_usd)}
          </Text>
        </UnstyledButton>
      ))}
    </Stack>
  );
}
