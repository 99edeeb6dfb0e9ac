import { Badge, Button, Group, Stack, Text } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type Delivery, type DeliveryStatus, flows } from "../../../api/flows";
import { useCursorList } from "../../../components/cursor-list";
import { FailureNotice } from "../../../components/failure-notice";
import { Pending } from "../../../components/pending";
import { showDone } from "../../../components/toast";
import { ago, dateTime, number } from "../../../i18n/format";
import { useSession } from "../session";
import { useDeliveryTexts } from "./texts";

const pageSize = 25;

const colors: Record<DeliveryStatus, string> = {
  received: "gray",
  claimed: "blue",
  done: "teal",
  failed: "red",
  refused: "orange",
  duplicate: "gray",
};

/** What came to the flow's webhook, and what became of it; what began a run can be sent again. */
export function DeliveryLedger({ onOpen }: { onOpen: () => void }) {
  const t = useDeliveryTexts();
  const session = useSession();
  const list = useCursorList(["deliveries", session.id], (cursor) =>
    flows.deliveries(session.id, { cursor, limit: pageSize }),
  );
  if (list.error) return <FailureNotice error={list.error} onRetry={list.onRetry} />;
  if (!list.rows) return <Pending rows={5} />;
  if (list.rows.length === 0) {
    return (
      <Stack gap="sm" align="flex-start">
        <Text size="sm">{t("none")}</Text>
        <Group gap="xs">
          <Button variant="default" onClick={() => session.ui.set({ drawer: "deployment" })}>
            {t("showAddress")}
          </Button>
          <Button variant="subtle" onClick={list.onRetry}>
            {t("refresh")}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      <Group gap="xs" justify="space-between" align="flex-start" wrap="nowrap">
        <Text size="xs" c="dimmed">
          {t("hint")}
        </Text>
        <Button size="xs" variant="default" style={{ flexShrink: 0 }} onClick={list.onRetry}>
          {t("refresh")}
        </Button>
      </Group>
      <Stack gap="md" component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {list.rows.map((delivery) => (
          <li key={delivery.id}>
            <DeliveryRow delivery={delivery} onOpen={onOpen} />
          </li>
        ))}
      </Stack>
      {list.more && (
        <Button size="xs" variant="default" loading={list.more.isLoading} onClick={list.more.load}>
          {t("more")}
        </Button>
      )}
    </Stack>
  );
}

function DeliveryRow({ delivery, onOpen }: { delivery: Delivery; onOpen: () => void }) {
  const t = useDeliveryTexts();
  const session = useSession();
  const navigate = useNavigate();
  const client = useQueryClient();
  const replay = useMutation({
    meta: { silent: true },
    mutationFn: () => flows.replay(session.id, delivery.id),
    onSuccess: () => {
      showDone(t("replayed"));
      return client.invalidateQueries({ queryKey: ["deliveries", session.id] });
    },
  });
  const { status, run_id: run } = delivery;
  const isDuplicate = status === "duplicate";
  // The server keeps the request of those alone that began a run.
  const canReplay = session.mayRun && run !== null && !isDuplicate && status !== "refused";
  const facts = [
    `${delivery.method}${delivery.query && ` ?${delivery.query}`}`,
    `${number(delivery.body_bytes)} B`,
    delivery.response_status === null ? t("unanswered") : t("answered", { status: delivery.response_status }),
    delivery.client_address,
    delivery.dedupe_key,
    delivery.replay_of && t("replayOf"),
  ];
  return (
    <Stack gap={4}>
      <Group gap="xs" justify="space-between">
        <Badge color={colors[status]}>{t(`status.${status}`)}</Badge>
        <Text size="xs" c="dimmed" title={dateTime(delivery.received_at)}>
          {ago(delivery.received_at)}
        </Text>
      </Group>
      <Text size="xs" c="dimmed" className="tabular" lineClamp={3} style={{ overflowWrap: "anywhere" }}>
        {facts.filter(Boolean).join(" · ")}
      </Text>
      {delivery.error && (
        <Text size="xs" c="var(--mantine-color-error)" style={{ overflowWrap: "anywhere" }}>
          {delivery.error}
        </Text>
      )}
      {replay.error && <FailureNotice error={replay.error} />}
      <Group gap="xs">
        {run && (
          <Button
            size="compact-xs"
            variant="light"
            onClick={() => {
              onOpen();
              void navigate({ to: "/flows/$flow", params: { flow: session.id }, search: { run } } as never);
            }}
          >
            {t(isDuplicate ? "firstRun" : "openRun")}
          </Button>
        )}
        {canReplay && (
          <Button
            size="compact-xs"
            variant="default"
            loading={replay.isPending}
            onClick={() => replay.mutate()}
          >
            {t("replay")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}
