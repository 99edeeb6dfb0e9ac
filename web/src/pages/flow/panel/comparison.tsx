import { Button, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Execution, type NodeRun, type Run, runs } from "../../../api/flows";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { differences } from "../../../flow/value-diff";
import { ago } from "../../../i18n/format";
import { ChangeRow } from "./change-row";
import { usePin } from "./texts";

/** Runs that are looked into for one that came to the node. */
const most = 5;

/** The newest run before this one in which the node gave something in the same iteration. */
async function runBefore(run: Run, step: NodeRun): Promise<{ run: Execution; step: NodeRun } | null> {
  const { data } = await runs.list({ workflow_id: run.workflow_id, limit: 50 });
  const older = data.filter(({ id, created_at }) => id !== run.id && created_at <= run.created_at);
  for (const { id } of older.slice(0, most)) {
    const found = await runs.get(id);
    const same = found.node_runs.find(
      (one) => one.node === step.node && one.iteration === step.iteration && one.status === "done",
    );
    if (same) return { run: found, step: same };
  }
  return null;
}

/** What differs in a node's output since the run before. */
export function Comparison({ run, step }: { run: Run; step: NodeRun }) {
  const t = usePin();
  const [isShown, setShown] = useState(false);
  const before = useQuery({
    queryKey: ["run-before", run.id, step.node, step.iteration],
    enabled: isShown,
    queryFn: () => runBefore(run, step),
  });
  if (!isShown) {
    return (
      <Button size="compact-xs" variant="default" w="fit-content" onClick={() => setShown(true)}>
        {t("compare.show")}
      </Button>
    );
  }
  if (before.error) return <FailureNotice error={before.error} onRetry={() => void before.refetch()} />;
  if (before.isPending) return <Pending rows={2} />;
  if (!before.data) {
    return (
      <Text size="xs" c="dimmed" role="status">
        {t("compare.none")}
      </Text>
    );
  }
  const changes = differences(before.data.step.output, step.output);
  return (
    <Stack gap={4}>
      <Title order={3} fz="sm">
        {t("compare.title", { ago: ago(before.data.run.created_at) })}
      </Title>
      {changes.length === 0 && (
        <Text size="xs" c="dimmed" role="status">
          {t("compare.same")}
        </Text>
      )}
      {changes.map((change) => (
        <ChangeRow key={change.path} change={change} />
      ))}
    </Stack>
  );
}
