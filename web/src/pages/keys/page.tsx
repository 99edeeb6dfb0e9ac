import { Anchor, Badge, Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconKey, IconPlus } from "@tabler/icons-react";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { ago, date, money, number } from "../../i18n/format";
import { useMay } from "../../session/me";
import { CreateKey } from "./create";
import { useKeyList, useKeyUsage } from "./data";
import { KeyDetails } from "./details";
import { type ApiKey, statusOf } from "./key";
import { StatusBadge } from "./status-badge";
import { useKeys } from "./texts";

export default function KeysPage() {
  const t = useKeys();
  const may = useMay();
  const list = useKeyList();
  const [which, setWhich] = useUrlState("which", "active");
  const [open, setOpen] = useUrlState("key");
  const [dialog, setDialog] = useUrlState("dialog");
  const columns = useColumns(setOpen);
  const rows = list.rows?.filter(
    (key) => which === "all" || (statusOf(key) === "active") === (which === "active"),
  );
  const create = may("keys:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setDialog("new")}>
      {t("create")}
    </Button>
  );
  const none = list.rows?.length === 0;
  return (
    <Page title={t("title")} description={t("description")} actions={!none && create}>
      {!none && (
        <SegmentedControl
          mb="sm"
          size="xs"
          aria-label={t("filter")}
          value={which}
          onChange={setWhich}
          data={[
            { value: "active", label: t("active") },
            { value: "inactive", label: t("inactive") },
            { value: "all", label: t("all") },
          ]}
        />
      )}
      <DataTable
        label={t("title")}
        columns={columns}
        {...list}
        rows={rows}
        rowKey={(key) => key.id}
        onRow={(key) => setOpen(key.id)}
        empty={
          <EmptyState icon={IconKey} title={none ? t("empty") : t("inactive")} hint={t("emptyHint")}>
            {none && create}
          </EmptyState>
        }
      />
      <CreateKey isOpen={dialog === "new"} onClose={() => setDialog("")} />
      <KeyDetails apiKey={list.rows?.find((key) => key.id === open)} onClose={() => setOpen("")} />
    </Page>
  );
}

function useColumns(open: (id: string) => void): Column<ApiKey>[] {
  const t = useKeys();
  const may = useMay();
  const { data: usage } = useKeyUsage(may("usage:read"));
  const columns: Column<ApiKey>[] = [
    {
      key: "name",
      title: t("column.name"),
      sort: (key) => key.name.toLocaleLowerCase(),
      search: (key) => `${key.name}\n${key.prefix}…${key.last_four}\n${key.tags.join("\n")}`,
      cell: (key) => (
        <Stack gap={0}>
          <Group gap={6}>
            <Anchor
              component="button"
              type="button"
              fw={550}
              size="sm"
              c="var(--mantine-color-text)"
              aria-label={t("open", { name: key.name })}
              onClick={(event) => {
                event.stopPropagation();
                open(key.id);
              }}
            >
              {key.name}
            </Anchor>
            {key.tags.map((tag) => (
              <Badge key={tag} color="gray" size="sm">
                {tag}
              </Badge>
            ))}
          </Group>
          <Text size="xs" c="dimmed" ff="monospace">
            {key.prefix}…{key.last_four}
          </Text>
        </Stack>
      ),
    },
    {
      key: "scope",
      title: t("column.scope"),
      from: "md",
      search: (key) => key.models.join("\n"),
      cell: (key) => (
        <Group gap={6}>
          <Text size="sm" title={key.models.join(", ")}>
            {key.models.length === 0 ? t("allModels") : t("models", { count: key.models.length })}
          </Text>
          {key.admin && <Badge color="orange">{t("admin")}</Badge>}
        </Group>
      ),
    },
    {
      key: "requests",
      title: t("column.requests"),
      align: "right",
      from: "md",
      sort: (key) => usage?.get(key.id)?.requests ?? 0,
      cell: (key) => number(usage?.get(key.id)?.requests ?? 0),
    },
    {
      key: "cost",
      title: t("column.cost"),
      align: "right",
      from: "sm",
      sort: (key) => usage?.get(key.id)?.cost_nano_usd ?? 0,
      cell: (key) => money(usage?.get(key.id)?.cost_nano_usd ?? 0),
    },
    {
      key: "used",
      title: t("column.used"),
      from: "sm",
      sort: (key) => key.last_used_at,
      cell: (key) => <LastUsed apiKey={key} />,
    },
    {
      key: "status",
      title: t("column.status"),
      sort: (key) => statusOf(key),
      cell: (key) => <StatusBadge apiKey={key} />,
    },
  ];
  return may("usage:read") ? columns : columns.filter(({ key }) => key !== "requests" && key !== "cost");
}

function LastUsed({ apiKey }: { apiKey: ApiKey }) {
  if (!apiKey.last_used_at) return "–";
  return <span title={date(apiKey.last_used_at)}>{ago(apiKey.last_used_at)}</span>;
}
