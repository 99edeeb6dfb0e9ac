import { ActionIcon, Badge, Button, Checkbox, Group, Progress, Stack, Text, Title } from "@mantine/core";
import { IconChartBar, IconPlayerPlay, IconPlayerStop, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { collections } from "../../../api/collections";
import { type Evaluation, evaluation } from "../../../api/evaluation";
import { Confirm } from "../../../components/confirm";
import { type Column, DataTable } from "../../../components/data-table";
import { EmptyState } from "../../../components/empty-state";
import { duration, money, percent } from "../../../i18n/format";
import { useChange } from "../data";
import { Comparison } from "./comparison";
import { isUnderWay, useCases, useEvaluations } from "./data";
import { RunDialog } from "./run-dialog";
import { useEvaluationTexts } from "./texts";

interface Props {
  collection: string;
  mayWrite: boolean;
}

/** The evaluations of a collection; one or two of them in detail. */
export function Evaluations({ collection, mayWrite }: Props) {
  const t = useEvaluationTexts();
  const list = useEvaluations(collection);
  const cases = useCases(collection);
  const [chosen, setChosen] = useState<string[]>([]);
  const [isOpen, setOpen] = useState(false);
  const [doomed, setDoomed] = useState<Evaluation>();
  const cancel = useChange((job: string) => collections.cancel(collection, job));
  const remove = useChange(
    ({ id }: Evaluation) => evaluation.removeRun(collection, id),
    (_, { id }) => {
      setDoomed(undefined);
      setChosen((before) => before.filter((one) => one !== id));
    },
  );
  // The second choice replaces the older of two.
  const choose = (id: string) =>
    setChosen((before) =>
      before.includes(id) ? before.filter((one) => one !== id) : [...before.slice(-1), id],
    );
  const share = (value: number | null | undefined) => (value == null ? "–" : percent(value));
  const columns: Column<Evaluation>[] = [
    {
      key: "chosen",
      title: "",
      cell: ({ id, name }) => (
        <Checkbox
          size="xs"
          aria-label={t("compare", { name })}
          checked={chosen.includes(id)}
          onChange={() => choose(id)}
        />
      ),
    },
    {
      key: "name",
      title: t("name"),
      sort: ({ name }) => name.toLocaleLowerCase(),
      search: ({ name }) => name,
      cell: (row) => <Named row={row} />,
    },
    number("recall", t("recall"), (row) => row.metrics.recall, share),
    number("mrr", t("mrr"), (row) => row.metrics.mrr, share, "sm"),
    number("ndcg", t("ndcg"), (row) => row.metrics.ndcg, share, "sm"),
    number("answered", t("answered"), (row) => row.metrics.answered, share, "md"),
    number("precision", t("precision"), (row) => row.metrics.citation_precision, share, "md"),
    number(
      "time",
      t("time"),
      (row) => row.metrics.search_us,
      (us) => duration(us ?? 0),
      "md",
    ),
    number(
      "cost",
      t("cost"),
      (row) => row.metrics.cost_nano_usd,
      (cost) => money(cost ?? 0),
      "md",
    ),
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        mayWrite &&
        (isUnderWay(row) && row.job_id ? (
          <ActionIcon
            variant="subtle"
            aria-label={t("cancelRun", { name: row.name })}
            onClick={() => cancel.mutate(row.job_id ?? "")}
          >
            <IconPlayerStop size={16} />
          </ActionIcon>
        ) : (
          <ActionIcon
            variant="subtle"
            color="red"
            aria-label={t("deleteRun", { name: row.name })}
            onClick={() => setDoomed(row)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        )),
    },
  ];
  const rows = chosen.flatMap((id) => list.rows?.find((row) => row.id === id) ?? []);
  return (
    <Stack gap="xs" component="section">
      <Group justify="space-between">
        <Title order={2} size="h4">
          {t("runs")}
        </Title>
        {mayWrite && (
          <Button
            leftSection={<IconPlayerPlay size={16} />}
            disabled={!cases.data?.length}
            onClick={() => setOpen(true)}
          >
            {t("begin")}
          </Button>
        )}
      </Group>
      {list.rows && list.rows.length > 0 && (
        <Text size="sm" c="dimmed">
          {t("compareHint")}
        </Text>
      )}
      <DataTable
        label={t("runs")}
        name="run"
        columns={columns}
        {...list}
        rowKey={({ id }) => id}
        empty={<EmptyState icon={IconChartBar} title={t("noRuns")} hint={t("noRunsHint")} />}
      />
      {rows.length > 0 && <Comparison collection={collection} runs={rows} />}
      <RunDialog
        isOpen={isOpen}
        collection={collection}
        onClose={() => setOpen(false)}
        onDone={(id) => {
          setOpen(false);
          choose(id);
        }}
      />
      <Confirm
        isOpen={doomed !== undefined}
        title={t("deleteTitle", { name: doomed?.name ?? "" })}
        hint={t("deleteHint")}
        confirm={t("deleteRun", { name: doomed?.name ?? "" })}
        isBusy={remove.isPending}
        onConfirm={() => doomed && remove.mutate(doomed)}
        onClose={() => setDoomed(undefined)}
      />
    </Stack>
  );
}

type Value = number | null | undefined;

function number(
  key: string,
  title: string,
  value: (row: Evaluation) => Value,
  show: (value: Value) => string,
  from?: "sm" | "md",
): Column<Evaluation> {
  return {
    key,
    title,
    align: "right",
    from,
    sort: (row) => value(row) ?? -1,
    cell: (row) => <span className="tabular">{show(value(row))}</span>,
  };
}

function Named({ row }: { row: Evaluation }) {
  const t = useEvaluationTexts();
  const { cases, failed } = row.metrics;
  return (
    <Stack gap={2} align="flex-start">
      <Text size="sm" fw={550}>
        {row.name}
      </Text>
      {isUnderWay(row) ? (
        <Group gap="xs" role="status">
          <Progress
            value={(cases / Math.max(row.case_count, 1)) * 100}
            w={90}
            aria-label={t("progress", { done: cases, total: row.case_count })}
          />
          <Text size="xs">{t("progress", { done: cases, total: row.case_count })}</Text>
        </Group>
      ) : (
        row.state !== "done" && (
          <Badge variant="light" color={row.state === "failed" ? "red" : "gray"}>
            {t(`state.${row.state}`)}
          </Badge>
        )
      )}
      {row.error && <Text size="xs">{row.error}</Text>}
      {failed > 0 && <Text size="xs">{t("failed", { count: failed })}</Text>}
    </Stack>
  );
}
