import { Anchor, Badge, Button, Stack, Text } from "@mantine/core";
import { IconFiles, IconPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import type { Collection } from "../../api/collections";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { ago, dateTime, number } from "../../i18n/format";
import { SampleButton } from "../../onboarding/sample-button";
import { useMay } from "../../session/me";
import { CollectionDialog } from "./collection-dialog";
import { useCollections } from "./data";
import { useDocumentTexts } from "./texts";

export default function DocumentsPage() {
  const t = useDocumentTexts();
  const mayWrite = useMay()("collections:write");
  const navigate = useNavigate();
  const [dialog, setDialog] = useUrlState("dialog");
  const list = useCollections();
  const open = (id: string) => void navigate({ to: `/documents/${id}` } as never);
  const columns: Column<Collection>[] = [
    {
      key: "name",
      title: t("name"),
      sort: ({ name }) => name.toLocaleLowerCase(),
      search: ({ name, slug, description }) => `${name}\n${slug}\n${description}`,
      cell: ({ id, name, description }) => (
        <Stack gap={0}>
          <Anchor component={Link} to={`/documents/${id}`} fw={550} size="sm" c="var(--mantine-color-text)">
            {name}
          </Anchor>
          <Text size="xs" c="dimmed" lineClamp={1}>
            {description}
          </Text>
        </Stack>
      ),
    },
    {
      key: "documents",
      title: t("documents"),
      align: "right",
      sort: (row) => row.document_count,
      cell: (row) => number(row.document_count),
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
      key: "model",
      title: t("embedding"),
      from: "md",
      cell: (row) => row.active_embedding?.model ?? <Badge variant="default">{t("textOnly")}</Badge>,
    },
    {
      key: "updated",
      title: t("updated"),
      from: "sm",
      sort: (row) => row.updated_at,
      cell: (row) => <span title={dateTime(row.updated_at)}>{ago(row.updated_at)}</span>,
    },
  ];
  const create = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setDialog("new")}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} description={t("description")} actions={create}>
      <DataTable
        label={t("collections")}
        columns={columns}
        {...list}
        rowKey={({ id }) => id}
        onRow={({ id }) => open(id)}
        empty={
          <EmptyState icon={IconFiles} title={t("empty")} hint={t("emptyHint")}>
            <SampleButton onDone={({ id }) => open(id)} />
          </EmptyState>
        }
      />
      <CollectionDialog isOpen={dialog === "new"} onClose={() => setDialog("")} onDone={open} />
    </Page>
  );
}
