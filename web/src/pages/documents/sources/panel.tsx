import { ActionIcon, Anchor, Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconEdit, IconFolderSymlink, IconPlus, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type CollectionSource, sources } from "../../../api/sources";
import { Confirm } from "../../../components/confirm";
import { type Column, DataTable } from "../../../components/data-table";
import { EmptyState } from "../../../components/empty-state";
import { showDone } from "../../../components/toast";
import { dateTime } from "../../../i18n/format";
import { isOver, useChange } from "../data";
import { FailedFiles } from "./failed-files";
import { SourceDialog } from "./source-dialog";
import { useSourceTexts } from "./texts";

interface Props {
  collection: string;
  mayWrite: boolean;
}

type Dialog = { kind: "add" } | { kind: "edit" | "remove" | "failed"; source: CollectionSource };

const isUnderWay = ({ last_job }: CollectionSource) => last_job != null && !isOver(last_job);

/** The folders and buckets that a collection is kept in step with. */
export function SourcesPanel({ collection, mayWrite }: Props) {
  const t = useSourceTexts();
  const { data, error, refetch } = useQuery({
    queryKey: ["sources", collection],
    queryFn: () => sources.list(collection),
    refetchInterval: ({ state }) => (state.data?.some(isUnderWay) ? 1_000 : 30_000),
  });
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const of = (kind: Dialog["kind"]) =>
    dialog && dialog.kind !== "add" && dialog.kind === kind ? dialog.source : undefined;
  const sync = useChange(
    (id: string) => sources.sync(collection, id),
    () => showDone(t("started")),
  );
  const remove = useChange((id: string) => sources.remove(collection, id), close);
  const add = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setDialog({ kind: "add" })}>
      {t("add")}
    </Button>
  );
  const columns: Column<CollectionSource>[] = [
    {
      key: "name",
      title: t("name"),
      sort: ({ name }) => name.toLocaleLowerCase(),
      search: (row) => `${row.name}\n${placeOf(row)}`,
      cell: (row) => (
        <Stack gap={0}>
          <Text size="sm">{row.name}</Text>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {placeOf(row)}
          </Text>
        </Stack>
      ),
    },
    {
      key: "interval",
      title: t("interval"),
      from: "md",
      cell: (row) => <Schedule source={row} />,
    },
    {
      key: "last",
      title: t("last"),
      cell: (row) => <LastSync source={row} onFailed={() => setDialog({ kind: "failed", source: row })} />,
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        mayWrite && (
          <Group gap={4} justify="flex-end" wrap="nowrap">
            <ActionIcon
              variant="subtle"
              aria-label={t("syncOf", { name: row.name })}
              disabled={isUnderWay(row)}
              onClick={() => sync.mutate(row.id)}
            >
              <IconRefresh size={16} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              aria-label={t("editOf", { name: row.name })}
              onClick={() => setDialog({ kind: "edit", source: row })}
            >
              <IconEdit size={16} />
            </ActionIcon>
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t("remove", { name: row.name })}
              onClick={() => setDialog({ kind: "remove", source: row })}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ),
    },
  ];
  const doomed = of("remove");
  return (
    <Stack gap="xs" component="section">
      <Group justify="space-between">
        <Title order={2} size="h4">
          {t("title")}
        </Title>
        {data && data.length > 0 && add}
      </Group>
      <Text size="sm" c="dimmed">
        {t("hint")}
      </Text>
      <DataTable
        label={t("title")}
        name="source"
        columns={columns}
        rows={data}
        error={error}
        onRetry={() => void refetch()}
        rowKey={({ id }) => id}
        empty={
          <EmptyState icon={IconFolderSymlink} title={t("empty")} hint={t("emptyHint")}>
            {add}
          </EmptyState>
        }
      />
      <SourceDialog
        key={of("edit")?.id ?? "new"}
        isOpen={dialog?.kind === "add" || dialog?.kind === "edit"}
        collection={collection}
        source={of("edit")}
        onClose={close}
      />
      <FailedFiles collection={collection} source={of("failed")} onClose={close} />
      <Confirm
        isOpen={doomed !== undefined}
        title={t("removeTitle", { name: doomed?.name ?? "" })}
        hint={t("removeHint")}
        confirm={t("remove", { name: doomed?.name ?? "" })}
        isBusy={remove.isPending}
        onConfirm={() => doomed && remove.mutate(doomed.id)}
        onClose={close}
      />
    </Stack>
  );
}

function placeOf({ location }: CollectionSource): string {
  return location.type === "folder" ? location.path : `s3://${location.bucket}/${location.prefix ?? ""}`;
}

function Schedule({ source }: { source: CollectionSource }) {
  const t = useSourceTexts();
  if (source.interval_minutes == null) return t("intervals.");
  return (
    <Stack gap={0}>
      <Text size="sm">{t("everyMinutes", { count: source.interval_minutes })}</Text>
      {source.next_sync_at && (
        <Text size="xs" c="dimmed">
          {t("next", { time: dateTime(source.next_sync_at) })}
        </Text>
      )}
    </Stack>
  );
}

function LastSync({ source, onFailed }: { source: CollectionSource; onFailed: () => void }) {
  const t = useSourceTexts();
  const { last_job: job, counts } = source;
  if (!job) return t("never");
  if (job.state === "queued") return <Badge variant="light">{t("waiting")}</Badge>;
  const shown = (["added", "changed", "unchanged", "removed"] as const).filter((word) => counts[word]);
  return (
    <Stack gap={2} role="status" aria-label={`${t("last")}: ${source.name}`}>
      <Group gap={6}>
        {job.state === "running" && <Badge variant="light">{t("underWay")}</Badge>}
        {job.state === "cancelled" && <Badge color="gray">{t("cancelled")}</Badge>}
        <Text size="sm">{dateTime(job.updated_at)}</Text>
      </Group>
      {job.state === "failed" ? (
        <Text size="xs" c="red.8">
          {job.error}
        </Text>
      ) : (
        <Text size="xs" c="dimmed" className="tabular">
          {shown.map((word) => t(`counts.${word}`, { count: counts[word] ?? 0 })).join(" · ")}
        </Text>
      )}
      {job.state !== "running" && (counts.failed ?? 0) > 0 && (
        <Anchor component="button" type="button" size="xs" ta="left" onClick={onFailed}>
          {t("showFailed", { count: counts.failed ?? 0 })}
        </Anchor>
      )}
    </Stack>
  );
}
