import { Anchor, Badge, Drawer, Stack, Text, Title } from "@mantine/core";
import { IconMail } from "@tabler/icons-react";
import { useState } from "react";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { CodeBlock } from "../../components/code-block";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { Fact } from "../../components/fact";
import { ago, dateTime, number } from "../../i18n/format";
import { useSettings } from "./texts";

type Mail = components["schemas"]["OutboxEmail"];

const colours = { waiting: "orange", sent: "petrol", failed: "red", held: "gray" } as const;

/** The mails that the program wrote. */
export function Outbox() {
  const t = useSettings();
  const [open, setOpen] = useState<Mail | null>(null);
  const list = useCursorList(["outbox"], (cursor) =>
    body(api.GET("/api/v1/outbox", { params: { query: { limit: 100, cursor } } })),
  );
  const columns = useColumns(setOpen);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed" maw={640}>
        {t("outbox.hint")}
      </Text>
      <DataTable
        label={t("tab.outbox")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        onRow={setOpen}
        empty={<EmptyState icon={IconMail} title={t("outbox.empty")} hint={t("outbox.emptyHint")} />}
      />
      <Drawer
        opened={open !== null}
        onClose={() => setOpen(null)}
        position="right"
        size={520}
        title={<Text fw={600}>{open?.subject}</Text>}
      >
        {open && <Details mail={open} />}
      </Drawer>
    </Stack>
  );
}

function useColumns(open: (mail: Mail) => void): Column<Mail>[] {
  const t = useSettings();
  return [
    {
      key: "subject",
      title: t("outbox.subject"),
      sort: (row) => row.subject,
      search: (row) => `${row.subject}\n${row.kind}`,
      cell: (row) => (
        <Stack gap={0}>
          <Anchor
            component="button"
            type="button"
            size="sm"
            fw={550}
            ta="left"
            c="var(--mantine-color-text)"
            aria-label={t("outbox.open", { subject: row.subject, recipient: row.recipient })}
            onClick={(event) => {
              event.stopPropagation();
              open(row);
            }}
          >
            {row.subject}
          </Anchor>
          <Text size="xs" c="dimmed" hiddenFrom="sm" style={{ overflowWrap: "anywhere" }}>
            {row.recipient}
          </Text>
        </Stack>
      ),
    },
    {
      key: "to",
      title: t("outbox.to"),
      from: "sm",
      sort: (row) => row.recipient,
      search: (row) => row.recipient,
      cell: (row) => row.recipient,
    },
    {
      key: "status",
      title: t("outbox.status"),
      sort: (row) => row.status,
      search: (row) => t(`outbox.statuses.${row.status}`),
      cell: (row) => <Badge color={colours[row.status]}>{t(`outbox.statuses.${row.status}`)}</Badge>,
    },
    {
      key: "time",
      title: t("outbox.time"),
      from: "sm",
      sort: (row) => row.created_at,
      cell: (row) => <span title={dateTime(row.created_at)}>{ago(row.created_at)}</span>,
    },
  ];
}

function Details({ mail }: { mail: Mail }) {
  const t = useSettings();
  return (
    <Stack gap="lg">
      <Stack gap={6}>
        <Fact name={t("outbox.to")}>{mail.recipient}</Fact>
        <Fact name={t("outbox.status")}>
          <Badge color={colours[mail.status]}>{t(`outbox.statuses.${mail.status}`)}</Badge>
        </Fact>
        <Fact name={t("outbox.time")}>{dateTime(mail.created_at)}</Fact>
        {mail.attempts > 0 && <Fact name={t("outbox.attempts")}>{number(mail.attempts)}</Fact>}
        {mail.next_attempt_at && <Fact name={t("outbox.next")}>{dateTime(mail.next_attempt_at)}</Fact>}
        {mail.last_error && <Fact name={t("outbox.error")}>{mail.last_error}</Fact>}
      </Stack>
      {mail.link && (
        <section>
          <Title order={3} mb="xs">
            {t("outbox.link")}
          </Title>
          <CodeBlock code={mail.link} label={t("outbox.link")} wrap />
        </section>
      )}
      <section>
        <Title order={3} mb="xs">
          {t("outbox.text")}
        </Title>
        {mail.text ? (
          <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
            {mail.text}
          </Text>
        ) : (
          <Text size="sm" c="dimmed">
            {t("outbox.noText")}
          </Text>
        )}
      </section>
    </Stack>
  );
}
