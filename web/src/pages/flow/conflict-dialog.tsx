import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { saveText } from "../../components/download";
import { writeGraph } from "../../flow/graph";
import { dateTime } from "../../i18n/format";
import { useDraft, useGraph, useSession } from "./session";
import { useFlow } from "./texts";

/** Two states of one flow: which one goes on. Neither is lost by the choice. */
export function ConflictDialog() {
  const t = useFlow();
  const { draft } = useSession();
  const save = useDraft((state) => state.save);
  const mine = useGraph((graph) => graph);
  if (save.kind !== "conflict") return null;
  const { theirs } = save;
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnClickOutside={false}
      closeOnEscape={false}
      title={t("conflict.title")}
      size="lg"
    >
      <Stack gap="sm">
        <Text size="sm">{t("conflict.hint", { time: dateTime(theirs.updated_at) })}</Text>
        <Group grow align="stretch">
          <Stack gap={4}>
            <Text fw={600} size="sm">
              {t("conflict.mine")}
            </Text>
            <Text size="sm" c="dimmed">
              {t("conflict.counts", { nodes: mine.nodes.length, edges: mine.edges.length })}
            </Text>
          </Stack>
          <Stack gap={4}>
            <Text fw={600} size="sm">
              {t("conflict.theirs")}
            </Text>
            <Text size="sm" c="dimmed">
              {t("conflict.counts", {
                nodes: theirs.graph.nodes?.length ?? 0,
                edges: theirs.graph.edges?.length ?? 0,
              })}
            </Text>
          </Stack>
        </Group>
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => saveText(`${theirs.slug}-mine.json`, JSON.stringify(writeGraph(mine), null, 2))}
          >
            {t("conflict.download")}
          </Button>
          <Button variant="default" onClick={() => draft.resolve("theirs")}>
            {t("conflict.takeTheirs")}
          </Button>
          <Button onClick={() => draft.resolve("mine")}>{t("conflict.keepMine")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}
