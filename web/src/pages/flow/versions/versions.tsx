import { Badge, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { flows } from "../../../api/flows";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { showDone } from "../../../components/toast";
import { ago, dateTime } from "../../../i18n/format";
import { useDraft, useSession } from "../session";
import { useFlow } from "../texts";
import { DiffView } from "./diff-view";

/** Published versions: which is live, what changed, back to an earlier one. */
export function Versions() {
  const t = useFlow();
  const session = useSession();
  const { draft, id } = session;
  const client = useQueryClient();
  const flow = useDraft((state) => state.flow);
  const [compared, setCompared] = useState<number>();
  const list = useQuery({
    queryKey: ["versions", id, flow.latest_version],
    queryFn: () => flows.versions(id),
  });
  const again = async () => {
    const fresh = await flows.get(id);
    draft.adopt(fresh);
    await client.invalidateQueries({ queryKey: ["flows"] });
  };
  const rollback = useMutation({
    mutationFn: (number: number) => flows.rollback(id, number),
    onSuccess: async (_, number) => {
      await again();
      showDone(t("version.isLive", { number }));
    },
  });
  const unpublish = useMutation({ mutationFn: () => flows.unpublish(id), onSuccess: again });
  const restore = useMutation({
    mutationFn: async (number: number) => {
      await draft.flush();
      return flows.restore(id, number, draft.state.get().flow.revision);
    },
    onSuccess: (saved, number) => {
      draft.adopt(saved, true);
      session.ui.set({ look: { nodes: [] } });
      showDone(t("version.restored", { number }));
    },
  });
  if (list.error) return <FailureNotice error={list.error} onRetry={() => void list.refetch()} />;
  if (list.isPending) return <Pending rows={4} />;
  return (
    <Stack gap="sm">
      {flow.live_version !== null && (
        <Group gap="xs">
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => setCompared(compared === 0 ? undefined : 0)}
          >
            {t("version.changes")}
          </Button>
          {session.mayPublish && (
            <Button
              size="compact-sm"
              variant="subtle"
              color="red"
              loading={unpublish.isPending}
              onClick={() => unpublish.mutate()}
            >
              {t("version.unpublish")}
            </Button>
          )}
        </Group>
      )}
      {compared === 0 && <DiffView flow={id} from="live" to="draft" />}
      {list.data.data.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("version.none")}
        </Text>
      )}
      {list.data.data.map((version) => (
        <Paper key={version.id} p="sm" radius="md">
          <Stack gap={6}>
            <Group justify="space-between">
              <Group gap="xs">
                <Text fw={600} size="sm">
                  {t("version.name", { number: version.number })}
                </Text>
                {version.number === flow.live_version && <Badge variant="default">{t("version.live")}</Badge>}
              </Group>
              <Text size="xs" c="dimmed" title={dateTime(version.created_at)}>
                {ago(version.created_at)}
              </Text>
            </Group>
            {version.notes && (
              <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
                {version.notes}
              </Text>
            )}
            <Group gap="xs">
              <Button
                size="compact-xs"
                variant="default"
                onClick={() => setCompared(compared === version.number ? undefined : version.number)}
              >
                {t("version.diff")}
              </Button>
              {session.mayPublish && version.number !== flow.live_version && (
                <Button
                  size="compact-xs"
                  variant="light"
                  loading={rollback.isPending && rollback.variables === version.number}
                  onClick={() => rollback.mutate(version.number)}
                >
                  {t("version.rollback")}
                </Button>
              )}
              {session.mayWrite && !session.isFrozen && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={restore.isPending && restore.variables === version.number}
                  onClick={() => restore.mutate(version.number)}
                >
                  {t("version.restore")}
                </Button>
              )}
            </Group>
            {compared === version.number && <DiffView flow={id} from={String(version.number)} to="draft" />}
          </Stack>
        </Paper>
      ))}
    </Stack>
  );
}
