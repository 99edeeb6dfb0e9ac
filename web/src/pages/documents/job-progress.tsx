import { ActionIcon, Group, Progress, Stack, Text } from "@mantine/core";
import { IconX } from "@tabler/icons-react";
import { collections, type JobView } from "../../api/collections";
import { duration, number } from "../../i18n/format";
import { isOver, useChange } from "./data";
import { useDocumentTexts } from "./texts";

interface Props {
  job: JobView;
  /** Of the document or collection that it works on. */
  name: string;
  mayCancel: boolean;
}

/** How far a job is, or why it failed. */
export function JobProgress({ job, name, mayCancel }: Props) {
  const t = useDocumentTexts();
  const cancel = useChange(() => collections.cancel(job.collection_id, job.id));
  if (job.state === "failed") {
    return (
      <Text size="xs" c="red.8" role="status">
        {job.error}
      </Text>
    );
  }
  const facts = [
    job.stage,
    job.pages_total && t("progressPages", { done: number(job.pages_done), total: number(job.pages_total) }),
    job.chunks_total &&
      t("progressChunks", { done: number(job.chunks_done), total: number(job.chunks_total) }),
    job.seconds_left && t("left", { time: duration(job.seconds_left * 1e6) }),
  ];
  return (
    <Group gap="xs" wrap="nowrap">
      <Stack gap={3} flex={1} miw={110}>
        <Progress.Root size="sm">
          <Progress.Section value={job.percent ?? 0} aria-label={t("progressOf", { name })} />
        </Progress.Root>
        <Text size="xs" c="dimmed" className="tabular">
          {facts.filter(Boolean).join(" · ")}
        </Text>
      </Stack>
      {mayCancel && !isOver(job) && (
        <ActionIcon
          variant="subtle"
          aria-label={t("cancel", { name })}
          loading={cancel.isPending || job.cancel_requested}
          onClick={(event) => {
            event.stopPropagation();
            cancel.mutate(undefined);
          }}
        >
          <IconX size={15} />
        </ActionIcon>
      )}
    </Group>
  );
}
