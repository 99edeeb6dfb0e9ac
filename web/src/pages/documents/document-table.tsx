import { ActionIcon, Anchor, Badge, Group, Stack, Text } from "@mantine/core";
import { IconFileText, IconRefresh, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { documents, type JobView, type StoredDocument } from "../../api/collections";
import { Confirm } from "../../components/confirm";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { showDone } from "../../components/toast";
import { ago, dateTime, number } from "../../i18n/format";
import { isOver, useChange, useDocuments } from "./data";
import { JobProgress } from "./job-progress";
import { useDocumentTexts } from "./texts";

const colors = { ready: "petrol", failed: "red", cancelled: "gray", deleting: "gray" } as Record<
  string,
  string
>;

export function StatusBadge({ status }: Pick<StoredDocument, "status">) {
  const t = useDocumentTexts();
  return (
    <Badge variant="light" color={colors[status] ?? "blue"}>
      {t(`state.${status}`)}
    </Badge>
  );
}

interface Props {
  collection: string;
  jobs: JobView[];
  mayWrite: boolean;
}

/** The documents of a collection and how far each is. */
export function DocumentTable({ collection, jobs, mayWrite }: Props) {
  const t = useDocumentTexts();
  const navigate = useNavigate();
  const [doomed, setDoomed] = useState<StoredDocument>();
  const list = useDocuments(collection);
  const again = useChange((id: string) => documents.reprocess(collection, id));
  const remove = useChange(
    (document: StoredDocument) => documents.remove(collection, document.id),
    (_, { name }) => {
      showDone(t("removed", { name }));
      setDoomed(undefined);
    },
  );
  const address = (id: string) => `/documents/${collection}/${id}`;
  const columns: Column<StoredDocument>[] = [
    {
      key: "name",
      title: t("name"),
      sort: ({ name }) => name.toLocaleLowerCase(),
      search: ({ name, tags }) => `${name}\n${tags.join("\n")}`,
      cell: ({ id, name }) => (
        <Anchor component={Link} to={address(id)} size="sm" fw={550} c="var(--mantine-color-text)">
          {name}
        </Anchor>
      ),
    },
    {
      key: "status",
      title: t("status"),
      sort: ({ status }) => status,
      cell: ({ id, name, status, error }) => {
        const job = jobs.find(({ document_id }) => document_id === id);
        if (job && !isOver(job)) return <JobProgress job={job} name={name} mayCancel={mayWrite} />;
        return (
          <Stack gap={2} align="flex-start">
            <StatusBadge status={status} />
            {error && <Text size="xs">{error}</Text>}
          </Stack>
        );
      },
    },
    {
      key: "chunks",
      title: t("chunks"),
      align: "right",
      from: "sm",
      sort: (row) => row.chunk_count,
      cell: (row) => number(row.chunk_count),
    },
    {
      key: "updated",
      title: t("updated"),
      from: "md",
      sort: (row) => row.updated_at,
      cell: (row) => <span title={dateTime(row.updated_at)}>{ago(row.updated_at)}</span>,
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        mayWrite && (
          <Group gap={4} justify="flex-end" wrap="nowrap" onClick={(event) => event.stopPropagation()}>
            {(row.status === "failed" || row.status === "cancelled") && (
              <ActionIcon
                variant="subtle"
                aria-label={t("again", { name: row.name })}
                onClick={() => again.mutate(row.id)}
              >
                <IconRefresh size={16} />
              </ActionIcon>
            )}
            <ActionIcon
              variant="subtle"
              color="red"
              aria-label={t("delete", { name: row.name })}
              onClick={() => setDoomed(row)}
            >
              <IconTrash size={16} />
            </ActionIcon>
          </Group>
        ),
    },
  ];
  return (
    <>
      <DataTable
        label={t("documents")}
        columns={columns}
        {...list}
        rowKey={({ id }) => id}
        onRow={({ id }) => void navigate({ to: address(id) } as never)}
        empty={<EmptyState icon={IconFileText} title={t("noDocuments")} hint={t("noDocumentsHint")} />}
      />
      <Confirm
        isOpen={doomed !== undefined}
        title={t("removeTitle", { name: doomed?.name ?? "" })}
        hint={t("deleteHint")}
        confirm={t("delete", { name: doomed?.name ?? "" })}
        isBusy={remove.isPending}
        onConfirm={() => doomed && remove.mutate(doomed)}
        onClose={() => setDoomed(undefined)}
      />
    </>
  );
}
