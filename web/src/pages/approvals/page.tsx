import { Anchor, Group, Stack, Text } from "@mantine/core";
import { IconUserCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type PendingApproval, runs } from "../../api/flows";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { Answer } from "../../flow/answer";
import { ago, dateTime } from "../../i18n/format";
import { useApprovals } from "./texts";

export default function ApprovalsPage() {
  const t = useApprovals();
  const list = useQuery({ queryKey: ["approvals"], queryFn: runs.approvals, refetchInterval: 15_000 });
  return (
    <Page title={t("title")} description={t("description")} width={720}>
      {list.error && <FailureNotice error={list.error} onRetry={() => void list.refetch()} />}
      {list.isPending && <Pending rows={3} />}
      {list.data?.length === 0 && (
        <EmptyState icon={IconUserCheck} title={t("empty")} hint={t("emptyHint")} />
      )}
      <Stack gap="md">
        {list.data?.map((one) => (
          <Question key={`${one.execution_id}${one.node}${one.iteration}`} question={one} />
        ))}
      </Stack>
    </Page>
  );
}

function Question({ question }: { question: PendingApproval }) {
  const t = useApprovals();
  const navigate = useNavigate();
  const { approval, execution_id: run, workflow_id: flow, node, iteration, asked_at: asked } = question;
  return (
    <Stack gap={4}>
      <Answer
        approval={approval}
        onAnswer={(button, fields) => runs.answer(run, { node, iteration, button, fields })}
      />
      <Group gap="xs">
        <Text size="xs" c="dimmed">
          {t("asked", { ago: ago(asked) })}
          {approval.until ? `, ${t("until", { time: dateTime(approval.until) })}` : ""}
        </Text>
        <Anchor
          component="button"
          type="button"
          size="xs"
          onClick={() => void navigate({ to: "/flows/$flow", params: { flow }, search: { run } } as never)}
        >
          {t("show")}
        </Anchor>
      </Group>
    </Stack>
  );
}
