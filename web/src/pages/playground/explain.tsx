import { Anchor, Group, Modal, Stack, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useCallDetail } from "../../api/call";
import { AttemptCard } from "../../components/attempt/card";
import { CopyButton } from "../../components/copy-button";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { useCommon } from "../../i18n/common";
import { money } from "../../i18n/format";
import { usePlayground } from "./texts";

/** Every attempt that a request led to: who was asked, how it went, what it cost. */
export function Explain({ requestId, onClose }: { requestId: string | null; onClose: () => void }) {
  const t = usePlayground();
  const common = useCommon();
  const detail = useCallDetail(requestId, true);
  return (
    <Modal opened={requestId !== null} onClose={onClose} title={t("explainTitle")} size="lg">
      <Stack gap="sm">
        <Group gap={4}>
          <Text size="xs" c="dimmed" ff="monospace">
            {common("requestId", { id: requestId })}
          </Text>
          <CopyButton value={requestId ?? ""} />
        </Group>
        {detail.isPending && <Pending rows={4} />}
        {detail.error && <FailureNotice error={detail.error} onRetry={detail.refetch} />}
        {detail.data && (
          <>
            <Text size="sm">
              {t("attempts", { count: detail.data.attempts.length, cost: money(detail.data.cost_nano_usd) })}
            </Text>
            {detail.data.attempts.map((attempt) => (
              <AttemptCard key={attempt.id} attempt={attempt} />
            ))}
            <Anchor component={Link} to={`/usage/requests/${requestId}`} size="sm" underline="always">
              {t("wholeRequest")}
            </Anchor>
          </>
        )}
      </Stack>
    </Modal>
  );
}
