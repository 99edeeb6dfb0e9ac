import { Anchor, Group, Progress, Text } from "@mantine/core";
import { type Column, DataTable } from "../../components/data-table";
import { compact, duration, money, number, percent } from "../../i18n/format";
import type { View } from "./data";
import { type Dimension, type Filter, filters } from "./filter";
import { useGroupNames } from "./names";
import { errorRate, type SummaryRow } from "./series";
import { useUsage } from "./texts";

interface Props {
  view: View;
  dimension: Dimension;
  rows: SummaryRow[];
}

/** What each group used; a name narrows the whole page to that group. */
export function Breakdown({ view, dimension, rows }: Props) {
  const t = useUsage();
  const nameOf = useGroupNames();
  const most = Math.max(1, ...rows.map((row) => row.cost_nano_usd));
  const filter = filters.find((one): one is Filter => one === dimension);
  const name = (row: SummaryRow) => nameOf(dimension, row[dimension]);
  const columns: Column<SummaryRow>[] = [
    {
      key: "group",
      title: t(`filter.${dimension}`),
      sort: (row) => name(row).toLocaleLowerCase(),
      search: name,
      cell: (row) => {
        const word = row[dimension];
        if (!filter || !word) return name(row);
        return (
          <Anchor
            component="button"
            type="button"
            size="sm"
            fw={550}
            ta="left"
            c="var(--mantine-color-text)"
            aria-label={t("only", { name: name(row) })}
            onClick={() => view.setFilter(filter, word)}
            style={{ overflowWrap: "anywhere" }}
          >
            {name(row)}
          </Anchor>
        );
      },
    },
    {
      key: "calls",
      title: t("column.calls"),
      align: "right",
      sort: (row) => row.calls,
      cell: (row) => number(row.calls),
    },
    {
      key: "errors",
      title: t("column.errors"),
      align: "right",
      from: "sm",
      sort: errorRate,
      cell: (row) => <ErrorRate row={row} />,
    },
    {
      key: "tokens",
      title: t("column.tokens"),
      align: "right",
      from: "sm",
      sort: (row) => row.input_tokens + row.output_tokens,
      cell: (row) => compact(row.input_tokens + row.output_tokens),
    },
    {
      key: "latency",
      title: t("column.latency"),
      align: "right",
      from: "md",
      sort: (row) => row.latency_p95_ms,
      cell: (row) => (row.latency_p95_ms == null ? "–" : duration(row.latency_p95_ms * 1_000)),
    },
    {
      key: "cost",
      title: t("column.cost"),
      align: "right",
      sort: (row) => row.cost_nano_usd,
      cell: (row) => (
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Progress
            visibleFrom="sm"
            w={70}
            size="sm"
            value={(100 * row.cost_nano_usd) / most}
            aria-hidden="true"
          />
          <Text size="sm" className="tabular">
            {money(row.cost_nano_usd)}
          </Text>
        </Group>
      ),
    },
  ];
  return (
    <DataTable
      label={t("table", { dimension: t(`filter.${dimension}`) })}
      columns={columns}
      rows={rows}
      rowKey={(row) => row[dimension] ?? ""}
      empty={null}
      pageSize={15}
    />
  );
}

function ErrorRate({ row }: { row: SummaryRow }) {
  const rate = errorRate(row);
  if (rate === null) return "–";
  return (
    <Text size="sm" className="tabular" c={rate > 0 ? "var(--mantine-color-error)" : undefined}>
      {percent(rate)}
    </Text>
  );
}
