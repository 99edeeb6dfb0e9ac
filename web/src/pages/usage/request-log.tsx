import { Anchor, Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconListSearch } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import type { AttemptRow } from "../../api/call";
import { AttemptStatus } from "../../components/attempt/status";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { ago, dateTime, duration, money, number } from "../../i18n/format";
import { useAttempts, type View } from "./data";
import { useGroupNames } from "./names";
import { useUsage } from "./texts";

/** Every attempt, newest first; each leads to its request. */
export function RequestLog({ view }: { view: View }) {
  const t = useUsage();
  const list = useAttempts(view);
  const columns = useColumns();
  const navigate = useNavigate();
  return (
    <Stack gap="sm">
      <FindRequest />
      <DataTable
        label={t("view.requests")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        onRow={(row) => void navigate({ to: `/usage/requests/${row.request_id}` })}
        empty={<EmptyState icon={IconListSearch} title={t("nothing")} hint={t("nothingHint")} />}
      />
    </Stack>
  );
}

/** Opens a request by its id, as an error message shows it. */
function FindRequest() {
  const t = useUsage();
  const navigate = useNavigate();
  const [id, setId] = useState("");
  const open = (event: FormEvent) => {
    event.preventDefault();
    if (id.trim()) void navigate({ to: `/usage/requests/${encodeURIComponent(id.trim())}` });
  };
  return (
    <form onSubmit={open}>
      <Group gap="xs" align="flex-end">
        <TextInput
          label={t("findRequest")}
          placeholder={t("findRequestHint")}
          flex="1 1 200px"
          maw={420}
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" disabled={!id.trim()}>
          {t("find")}
        </Button>
      </Group>
    </form>
  );
}

function useColumns(): Column<AttemptRow>[] {
  const t = useUsage();
  const nameOf = useGroupNames();
  return [
    {
      key: "time",
      title: t("column.time"),
      sort: (row) => row.created_at,
      search: (row) =>
        `${row.request_id}\n${row.error_kind ?? ""}\n${row.error_message ?? ""}\n${row.tags.join("\n")}`,
      cell: (row) => (
        <Anchor
          component={Link}
          to={`/usage/requests/${row.request_id}`}
          size="sm"
          c="var(--mantine-color-text)"
          title={dateTime(row.created_at)}
          aria-label={t("openRequest", { time: dateTime(row.created_at) })}
          onClick={(event) => event.stopPropagation()}
        >
          {ago(row.created_at)}
        </Anchor>
      ),
    },
    {
      key: "model",
      title: t("column.model"),
      sort: (row) => `${row.provider}/${row.model}`,
      search: (row) => `${row.provider}/${row.model}\n${row.requested_model}\n${row.endpoint}`,
      cell: (row) => (
        <Stack gap={0}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {row.provider}/{row.model}
          </Text>
          <Text size="xs" c="dimmed">
            {row.endpoint}
            {row.stream && ` · ${t("streamed")}`}
          </Text>
        </Stack>
      ),
    },
    {
      key: "key",
      title: t("column.key"),
      from: "md",
      search: (row) => nameOf("key", row.key_id),
      cell: (row) => (row.key_id ? nameOf("key", row.key_id) : nameOf("user", row.user_id)),
    },
    {
      key: "status",
      title: t("column.status"),
      sort: (row) => row.status,
      search: (row) => row.status,
      cell: (row) => <AttemptStatus status={row.status} />,
    },
    {
      key: "tokens",
      title: t("column.tokens"),
      align: "right",
      from: "md",
      sort: (row) => row.input_tokens + row.output_tokens,
      cell: (row) => `${number(row.input_tokens)} / ${number(row.output_tokens)}`,
    },
    {
      key: "latency",
      title: t("column.duration"),
      align: "right",
      from: "sm",
      sort: (row) => row.latency_us,
      cell: (row) => duration(row.latency_us),
    },
    {
      key: "cost",
      title: t("column.cost"),
      align: "right",
      from: "sm",
      sort: (row) => row.cost_nano_usd,
      cell: (row) => (row.cost_nano_usd == null ? "–" : money(row.cost_nano_usd)),
    },
  ];
}
