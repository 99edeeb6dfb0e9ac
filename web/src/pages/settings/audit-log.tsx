import { Anchor, Button, Drawer, Group, Stack, Table, Text, TextInput, Title } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconDownload, IconHistory } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { useKeyNames, useMemberNames } from "../../api/names";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { download } from "../../components/download";
import { EmptyState } from "../../components/empty-state";
import { Fact } from "../../components/fact";
import { useUrlState } from "../../components/url-state";
import { ago, dateTime } from "../../i18n/format";
import { changes, shown } from "./change";
import { useSettings } from "./texts";

type Entry = components["schemas"]["AuditEntry"];

/** Every change that somebody made. */
export function AuditLog() {
  const t = useSettings();
  const [action, setAction] = useUrlState("action");
  const [asked] = useDebouncedValue(action, 300);
  const [open, setOpen] = useState<Entry | null>(null);
  const list = useCursorList(["audit", asked], (cursor) => {
    const query = { limit: 100, cursor, action: asked || undefined };
    return body(api.GET("/api/v1/audit", { params: { query } }));
  });
  const exporting = useMutation({
    mutationFn: () => {
      const query = new URLSearchParams({ format: "csv", ...(asked ? { action: asked } : {}) });
      return download(`/api/v1/audit?${query}`, "audit.csv");
    },
  });
  const columns = useColumns(setOpen);
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end" gap="sm">
        <TextInput
          label={t("audit.filter")}
          placeholder={t("audit.filterHint")}
          flex="1 1 220px"
          maw={340}
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
        />
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={exporting.isPending}
          onClick={() => exporting.mutate()}
        >
          {t("audit.export")}
        </Button>
      </Group>
      <DataTable
        label={t("tab.audit")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        onRow={setOpen}
        empty={<EmptyState icon={IconHistory} title={t("audit.empty")} hint={t("audit.emptyHint")} />}
      />
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        size={560}
        title={<Text fw={600}>{t("audit.details")}</Text>}
      >
        {open && <Details entry={open} />}
      </Drawer>
    </Stack>
  );
}

/** Who `key:<id>`, `user:<id>`, `command_line` or `system` is. */
function useActorName(): (actor: string) => string {
  const t = useSettings();
  const keys = useKeyNames();
  const members = useMemberNames();
  return (actor) => {
    const [kind, id = ""] = actor.split(":");
    if (kind === "user") return members?.get(id) ?? t("audit.gone");
    if (kind === "key") return t("audit.key", { name: keys?.get(id) ?? `…${id.slice(-8)}` });
    return kind === "command_line" ? t("audit.commandLine") : t("audit.system");
  };
}

/** The name that a record had, where it has one. */
function targetName(entry: Entry): string {
  const record = (entry.after ?? entry.before ?? {}) as { name?: unknown; email?: unknown };
  for (const word of [record.name, record.email]) if (typeof word === "string") return word;
  return `…${entry.target.slice(-8)}`;
}

function useColumns(open: (entry: Entry) => void): Column<Entry>[] {
  const t = useSettings();
  const actorName = useActorName();
  return [
    {
      key: "time",
      title: t("audit.time"),
      sort: (row) => row.created_at,
      cell: (row) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          c="var(--mantine-color-text)"
          title={dateTime(row.created_at)}
          aria-label={t("audit.open", { time: dateTime(row.created_at) })}
          onClick={(event) => {
            event.stopPropagation();
            open(row);
          }}
        >
          {ago(row.created_at)}
        </Anchor>
      ),
    },
    {
      key: "action",
      title: t("audit.action"),
      sort: (row) => row.action,
      search: (row) => row.action,
      cell: (row) => (
        <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {row.action}
        </Text>
      ),
    },
    {
      key: "target",
      title: t("audit.target"),
      from: "sm",
      search: (row) => `${row.target}\n${targetName(row)}`,
      cell: (row) => <span title={row.target}>{targetName(row)}</span>,
    },
    {
      key: "actor",
      title: t("audit.actor"),
      sort: (row) => actorName(row.actor),
      search: (row) => actorName(row.actor),
      cell: (row) => actorName(row.actor),
    },
  ];
}

function Details({ entry }: { entry: Entry }) {
  const t = useSettings();
  const actorName = useActorName();
  const fields = changes(entry.before, entry.after);
  return (
    <Stack gap="lg">
      <Stack gap={6}>
        <Fact name={t("audit.time")}>{dateTime(entry.created_at)}</Fact>
        <Fact name={t("audit.actor")}>{actorName(entry.actor)}</Fact>
        <Fact name={t("audit.action")}>{entry.action}</Fact>
        <Fact name={t("audit.target")}>{entry.target}</Fact>
      </Stack>
      <section>
        <Title order={3} mb="xs">
          {t("audit.changed")}
        </Title>
        {fields.length === 0 ? (
          <Text size="sm" c="dimmed">
            {t("audit.nothing")}
          </Text>
        ) : (
          <Table aria-label={t("audit.changed")} layout="fixed" fz="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th aria-label={t("audit.changed")} />
                <Table.Th>{t("audit.before")}</Table.Th>
                <Table.Th>{t("audit.after")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {fields.map(({ field, before, after }) => (
                <Table.Tr key={field} style={{ overflowWrap: "anywhere" }}>
                  <Table.Td ff="monospace">{field}</Table.Td>
                  <Table.Td>{shown(before)}</Table.Td>
                  <Table.Td>{shown(after)}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        )}
      </section>
    </Stack>
  );
}
