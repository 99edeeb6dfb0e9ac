import { Anchor, Badge, Button, Group, Stack, Text, Title } from "@mantine/core";
import { IconFileText } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { compact, money, month, number } from "../../i18n/format";
import { downloadStatement, type MonthTotal, useStatements } from "./data";
import { useBilling } from "./texts";

/** A statement for each month in which something was used. */
export function Statements() {
  const t = useBilling();
  const list = useStatements();
  const navigate = useNavigate();
  const columns = useColumns();
  return (
    <section>
      <Title order={2} mb={2}>
        {t("statements")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {t("statementsHint")}
      </Text>
      <DataTable
        label={t("statements")}
        columns={columns}
        rows={list.data}
        error={list.error}
        onRetry={() => void list.refetch()}
        rowKey={(row) => row.month}
        onRow={(row) => void navigate({ to: `/billing/${row.month}` })}
        pageSize={12}
        empty={<EmptyState icon={IconFileText} title={t("noStatements")} hint={t("noStatementsHint")} />}
      />
    </section>
  );
}

function useColumns(): Column<MonthTotal>[] {
  const t = useBilling();
  return [
    {
      key: "month",
      title: t("column.month"),
      sort: (row) => row.month,
      search: (row) => month(row.month),
      cell: (row) => (
        <Group gap={6}>
          <Anchor
            component={Link}
            to={`/billing/${row.month}`}
            size="sm"
            fw={550}
            c="var(--mantine-color-text)"
            aria-label={t("open", { month: month(row.month) })}
            onClick={(event) => event.stopPropagation()}
          >
            {month(row.month)}
          </Anchor>
          {!row.is_final && <Badge color="orange">{t("preliminary")}</Badge>}
        </Group>
      ),
    },
    {
      key: "requests",
      title: t("column.requests"),
      align: "right",
      from: "sm",
      sort: (row) => row.requests,
      cell: (row) => number(row.requests),
    },
    {
      key: "tokens",
      title: t("column.tokens"),
      align: "right",
      from: "sm",
      sort: (row) => row.tokens,
      cell: (row) => compact(row.tokens),
    },
    {
      key: "cost",
      title: t("column.cost"),
      align: "right",
      sort: (row) => row.cost_nano_usd,
      cell: (row) => money(row.cost_nano_usd),
    },
    {
      key: "files",
      title: "",
      align: "right",
      cell: (row) => (
        <Stack align="flex-end">
          <StatementFiles of={row.month} />
        </Stack>
      ),
    },
  ];
}

/** A statement as PDF and as CSV. */
export function StatementFiles({ of }: { of: string }) {
  const t = useBilling();
  const loading = useMutation({ mutationFn: (format: "pdf" | "csv") => downloadStatement(of, format) });
  return (
    <Group gap={4} wrap="nowrap">
      {(["pdf", "csv"] as const).map((format) => (
        <Button
          key={format}
          size="compact-sm"
          variant="default"
          loading={loading.isPending && loading.variables === format}
          aria-label={t(`${format}Of`, { month: month(of) })}
          onClick={(event) => {
            event.stopPropagation();
            loading.mutate(format);
          }}
        >
          {t(format)}
        </Button>
      ))}
    </Group>
  );
}
