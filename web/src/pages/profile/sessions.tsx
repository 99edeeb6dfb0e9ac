import { Badge, Box, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { showDone } from "../../components/toast";
import { ago } from "../../i18n/format";
import { deviceName } from "./device";
import { useProfile } from "./texts";

const key = ["sessions"];

/** Where the person is signed in, each to be ended. */
export function Sessions() {
  const t = useProfile();
  const client = useQueryClient();
  const list = useQuery({ queryKey: key, queryFn: () => body(api.GET("/api/v1/auth/sessions")) });
  const refresh = () => client.invalidateQueries({ queryKey: key });
  const end = useMutation({
    mutationFn: (id: string) => body(api.DELETE("/api/v1/auth/sessions/{id}", { params: { path: { id } } })),
    onSuccess: refresh,
  });
  const endOthers = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/auth/sessions")),
    onSuccess: () => {
      showDone(t("signedOutOthers"));
      return refresh();
    },
  });
  if (list.error) return <FailureNotice error={list.error} onRetry={list.refetch} />;
  if (!list.data) return <Pending rows={2} height={52} />;
  const { data: sessions, current } = list.data;
  return (
    <Stack gap="sm">
      <Paper radius="lg">
        {sessions.map((session) => (
          <Group key={session.id} px="md" py="sm" justify="space-between" wrap="nowrap">
            <Box className="truncate">
              <Group gap="xs">
                <Text size="sm" fw={550} title={session.user_agent}>
                  {deviceName(session.user_agent) ?? t("unknownDevice")}
                </Text>
                {session.id === current && <Badge>{t("thisDevice")}</Badge>}
                {session.transport === "bearer" && <Badge color="gray">{t("program")}</Badge>}
              </Group>
              <Text size="xs" c="dimmed">
                {session.address} · {t("lastSeen", { when: ago(session.last_seen_at) })}
              </Text>
            </Box>
            {session.id !== current && (
              <Button size="compact-sm" variant="default" onClick={() => end.mutate(session.id)}>
                {t("signOut")}
              </Button>
            )}
          </Group>
        ))}
      </Paper>
      {sessions.length > 1 && (
        <Group>
          <Button variant="default" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("signOutOthers")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
