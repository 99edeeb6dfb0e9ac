import { Badge, Button, Group, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconArrowLeft, IconFileText } from "@tabler/icons-react";
import { Link, useParams } from "@tanstack/react-router";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Figure } from "../../components/figure";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { money, month, number } from "../../i18n/format";
import { type StatementLine, useStatement } from "./data";
import { StatementFiles } from "./statements";
import { useBilling } from "./texts";

/** The statement of one month: a line for each model. */
export default function StatementPage() {
  const t = useBilling();
  const { month: word } = useParams({ strict: false }) as { month: string };
  const statement = useStatement(word);
  const columns = useColumns();
  const isMonth = /^\d{4}-\d{2}$/.test(word);
  const unpriced = statement.data?.lines.reduce((sum, line) => sum + line.unpriced_requests, 0) ?? 0;
  return (
    <Page
      title={t("statement", { month: isMonth ? month(word) : word })}
      actions={
        <>
          <Button component={Link} to="/billing" variant="default" leftSection={<IconArrowLeft size={16} />}>
            {t("back")}
          </Button>
          {statement.data && <StatementFiles of={word} />}
        </>
      }
    >
      {statement.error && <FailureNotice error={statement.error} onRetry={statement.refetch} />}
      {statement.isPending && <Pending />}
      {statement.data && (
        <Stack gap="md">
          <Group gap="xs">
            <Text size="sm" c="dimmed">
              {statement.data.organization.name} · {t("exact", { amount: statement.data.cost_usd })}
            </Text>
            {!statement.data.is_final && <Badge color="orange">{t("preliminary")}</Badge>}
          </Group>
          <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="sm">
            <Figure label={t("column.cost")} value={money(statement.data.cost_nano_usd)} />
            <Figure label={t("column.requests")} value={number(statement.data.requests)} />
            <Figure label={t("column.input")} value={number(statement.data.input_tokens)} />
            <Figure label={t("column.output")} value={number(statement.data.output_tokens)} />
          </SimpleGrid>
          <DataTable
            label={t("statement", { month: month(word) })}
            columns={columns}
            rows={statement.data.lines}
            rowKey={(row) => `${row.provider}/${row.model}`}
            pageSize={50}
            empty={<EmptyState icon={IconFileText} title={t("noLines")} hint={t("noLinesHint")} />}
          />
          {unpriced > 0 && (
            <Text size="sm" c="dimmed">
              {t("unpriced", { count: unpriced })}
            </Text>
          )}
        </Stack>
      )}
    </Page>
  );
}

function useColumns(): Column<StatementLine>[] {
  const t = useBilling();
  const figure = (
    key: "requests" | "input" | "output",
    of: (row: StatementLine) => number,
  ): Column<StatementLine> => ({
    key,
    title: t(`column.${key}`),
    align: "right",
    from: key === "requests" ? undefined : "sm",
    sort: of,
    cell: (row) => number(of(row)),
  });
  return [
    {
      key: "model",
      title: t("column.model"),
      sort: (row) => `${row.provider}/${row.model}`,
      search: (row) => `${row.provider}/${row.model}`,
      cell: (row) => (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {row.provider}/{row.model}
        </Text>
      ),
    },
    figure("requests", (row) => row.requests),
    figure("input", (row) => row.input_tokens),
    figure("output", (row) => row.output_tokens),
    {
      key: "cost",
      title: t("column.cost"),
      align: "right",
      sort: (row) => row.cost_nano_usd,
      cell: (row) => money(row.cost_nano_usd),
    },
  ];
}
