import { ActionIcon, Box, Button, Group, Paper, Table, Text, TextInput, UnstyledButton } from "@mantine/core";
import {
  IconArrowDown,
  IconArrowUp,
  IconChevronLeft,
  IconChevronRight,
  IconSearch,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useCommon } from "../i18n/common";
import classes from "./data-table.module.css";
import { FailureNotice } from "./failure-notice";
import { Pending } from "./pending";
import { matching, pageOf, parseSorting, type Rule, sorted } from "./table-rows";
import { useUrlState } from "./url-state";

export interface Column<Row> extends Rule<Row> {
  title: string;
  cell: (row: Row) => ReactNode;
  align?: "right";
  /** Left out where the window is narrower. */
  from?: "sm" | "md";
}

interface Props<Row> {
  /** What screen readers call the table, and the name of its search box. */
  label: string;
  columns: Column<Row>[];
  /** Absent while they are loaded. */
  rows: Row[] | undefined;
  rowKey: (row: Row) => string;
  error?: unknown;
  onRetry?: () => void;
  /** Shown in the table's place while there is not one row. */
  empty: ReactNode;
  onRow?: (row: Row) => void;
  /** Right of the search box. */
  filters?: ReactNode;
  /** Loads more rows from the server, where there are some. */
  more?: { load: () => void; isLoading: boolean };
  pageSize?: number;
  /** Keeps several tables of one page apart in the address. */
  name?: string;
}

/** A list with search, sorting and pages, and with its loading, empty and error states. */
export function DataTable<Row>(props: Props<Row>) {
  const { label, columns, rows, error, onRetry, empty, filters, more, pageSize = 25, name = "" } = props;
  const t = useCommon();
  const [query, setQuery] = useUrlState(`${name}q`);
  const [order, setOrder] = useUrlState(`${name}sort`);
  const [page, setPage] = useUrlState(`${name}page`, "1");
  if (error) return <FailureNotice error={error} onRetry={onRetry} />;
  if (!rows) return <Pending />;
  if (rows.length === 0) return <Paper radius="lg">{empty}</Paper>;

  const sorting = parseSorting(order);
  const found = sorted(matching(rows, columns, query), columns, sorting);
  const shown = pageOf(found, Number(page) || 1, pageSize);
  const range = { from: shown.from + 1, to: shown.from + shown.rows.length, total: found.length };
  return (
    <Paper radius="lg" className={classes.frame}>
      <Group p="xs" gap="xs">
        <TextInput
          flex="1 1 180px"
          maw={320}
          size="sm"
          type="search"
          leftSection={<IconSearch size={15} />}
          placeholder={t("search")}
          aria-label={`${t("search")}: ${label}`}
          value={query}
          onChange={(event) => setQuery(event.currentTarget.value)}
        />
        {filters}
      </Group>
      <Box className={classes.scroll} tabIndex={0} role="group" aria-label={label}>
        <Table aria-label={label}>
          <Head columns={columns} order={order} setOrder={setOrder} />
          <Table.Tbody>
            {shown.rows.map((row) => (
              <Line key={props.rowKey(row)} row={row} columns={columns} onRow={props.onRow} />
            ))}
          </Table.Tbody>
        </Table>
      </Box>
      {found.length === 0 && (
        <Group justify="center" p="lg" gap="xs">
          <Text size="sm" c="dimmed">
            {t("nothingFound", { query })}
          </Text>
          <Button size="compact-sm" variant="subtle" onClick={() => setQuery("")}>
            {t("clearSearch")}
          </Button>
        </Group>
      )}
      {found.length > 0 && (
        <Group p="xs" justify="space-between" className={classes.foot}>
          <Text size="xs" c="dimmed" className="tabular" role="status">
            {t("of", range)}
          </Text>
          <Group gap={4}>
            {more && shown.page === shown.pages && (
              <Button size="compact-sm" variant="default" onClick={more.load} loading={more.isLoading}>
                {t("loadMore")}
              </Button>
            )}
            {shown.pages > 1 && (
              <>
                <ActionIcon
                  aria-label={t("previous")}
                  disabled={shown.page === 1}
                  onClick={() => setPage(String(shown.page - 1))}
                >
                  <IconChevronLeft size={16} />
                </ActionIcon>
                <ActionIcon
                  aria-label={t("next")}
                  disabled={shown.page === shown.pages}
                  onClick={() => setPage(String(shown.page + 1))}
                >
                  <IconChevronRight size={16} />
                </ActionIcon>
              </>
            )}
          </Group>
        </Group>
      )}
    </Paper>
  );
}

interface HeadProps<Row> {
  columns: Column<Row>[];
  order: string;
  setOrder: (order: string) => void;
}

function Head<Row>({ columns, order, setOrder }: HeadProps<Row>) {
  const t = useCommon();
  const sorting = parseSorting(order);
  return (
    <Table.Thead>
      <Table.Tr>
        {columns.map(({ key, title, sort, align, from }) => {
          const isBy = sorting?.column === key;
          const Arrow = isBy && sorting.descending ? IconArrowDown : IconArrowUp;
          const next = !isBy ? key : sorting.descending ? "" : `-${key}`;
          return (
            <Table.Th
              key={key}
              visibleFrom={from}
              ta={align}
              aria-sort={isBy ? (sorting.descending ? "descending" : "ascending") : undefined}
            >
              {sort ? (
                <UnstyledButton
                  className={classes.sort}
                  data-by={isBy || undefined}
                  data-align={align}
                  onClick={() => setOrder(next)}
                  aria-label={t("sortBy", { column: title })}
                >
                  {title}
                  <Arrow size={13} />
                </UnstyledButton>
              ) : (
                title
              )}
            </Table.Th>
          );
        })}
      </Table.Tr>
    </Table.Thead>
  );
}

interface LineProps<Row> {
  row: Row;
  columns: Column<Row>[];
  onRow?: (row: Row) => void;
}

function Line<Row>({ row, columns, onRow }: LineProps<Row>) {
  return (
    <Table.Tr onClick={onRow && (() => onRow(row))} style={onRow && { cursor: "pointer" }}>
      {columns.map(({ key, cell, align, from }) => (
        <Table.Td key={key} visibleFrom={from} ta={align} className={align && "tabular"}>
          {cell(row)}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
