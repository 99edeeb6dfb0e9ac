import { Badge, Group, Modal, Stack, Text } from "@mantine/core";
import { duration } from "../../../i18n/format";
import type { ModelTest } from "./data";
import { ExplainLink } from "./list";
import { useRouteTexts } from "./texts";

interface Props {
  result: { name: string; test: ModelTest } | undefined;
  onClose: () => void;
}

/** Which target answered a test, or why none did. */
export function TestResult({ result, onClose }: Props) {
  const t = useRouteTexts();
  const test = result?.test;
  return (
    <Modal opened={result !== undefined} onClose={onClose} title={t("testTitle", { name: result?.name })}>
      {test && (
        <Stack gap="sm" role="status">
          <Group gap="xs">
            <Badge color={test.ok ? "petrol" : "red"}>{t(test.ok ? "works" : "fails")}</Badge>
            {test.attempts != null && <Text size="sm">{t("attempts", { count: test.attempts })}</Text>}
            <Text size="sm" c="dimmed">
              {duration(test.latency_ms * 1_000)}
            </Text>
          </Group>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {test.target ? t("answered", { target: test.target }) : test.message}
          </Text>
          <Group justify="flex-end">
            <ExplainLink request={test.request_id} />
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
