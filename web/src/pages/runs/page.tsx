import { Alert, Anchor, Badge, Select } from "@mantine/core";
import { IconActivity } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { flows, type Run, runs } from "../../api/flows";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { runColor, runStatuses } from "../../flow/run-look";
import { ago, dateTime, duration, money } from "../../i18n/format";
import { useRuns } from "./texts";

export default function RunsPage() {
  const t = useRuns();
  const navigate = useNavigate();
  const [status, setStatus] = useUrlState("status");
  const list = useCursorList(["runs", { status }], (cursor) => runs.list({ status, cursor }));
  const names = useQuery({
    queryKey: ["flows", "names"],
    queryFn: async () => {
      const page = await flows.list({ limit: 500 });
      return new Map(page.data.map(({ id, name }) => [id, name]));
    },
  });
  const approvals = useQuery({ queryKey: ["approvals"], queryFn: runs.approvals });
  const nameOf = (run: Run) => names.data?.get(run.workflow_id) ?? (names.data ? t("unknown") : "…");
  const open = (run: Run) =>
    void navigate({
      to: "/flows/$flow",
      params: { flow: run.workflow_id },
      search: { run: run.id },
    } as never);
  const columns: Column<Run>[] = [
    {
      key: "flow",
      title: t("column.flow"),
      search: (run) => `${nameOf(run)}\n${run.id}\n${run.error?.message ?? ""}`,
      sort: (run) => nameOf(run).toLocaleLowerCase(),
      cell: (run) => (
        <Anchor
          component="button"
          type="button"
          size="sm"
          fw={550}
          ta="left"
          c="var(--mantine-color-text)"
          aria-label={t("open", { flow: nameOf(run) })}
          onClick={(event) => {
            event.stopPropagation();
            open(run);
          }}
        >
          {nameOf(run)}
        </Anchor>
      ),
    },
    {
      key: "status",
      title: t("column.status"),
      sort: (run) => run.status,
      cell: (run) => <Badge color={runColor(run.status)}>{t(`state.${run.status}`)}</Badge>,
    },
    {
      key: "began",
      title: t("column.began"),
      sort: (run) => run.created_at,
      cell: (run) => <span title={dateTime(run.created_at)}>{ago(run.created_at)}</span>,
    },
    {
      key: "trigger",
      title: t("column.trigger"),
      from: "md",
      sort: (run) => run.trigger,
      cell: (run) => run.trigger,
    },
    {
      key: "took",
      title: t("column.took"),
      align: "right",
      from: "sm",
      sort: (run) => run.duration_us,
      cell: (run) => duration(run.duration_us),
    },
    {
      key: "cost",
      title: t("column.cost"),
      align: "right",
      from: "md",
      sort: (run) => run.nano_usd,
      cell: (run) => money(run.nano_usd),
    },
  ];
  const waiting = approvals.data?.length ?? 0;
  return (
    <Page title={t("title")} description={t("description")}>
      {waiting > 0 && (
        <Alert mb="sm" color="yellow">
          <Anchor component={Link} to={"/approvals" as never} size="sm">
            {t("approvals", { count: waiting })}
          </Anchor>
        </Alert>
      )}
      <DataTable
        label={t("title")}
        columns={columns}
        {...list}
        rowKey={({ id }) => id}
        onRow={open}
        filters={
          <Select
            size="sm"
            clearable
            w={170}
            aria-label={t("status")}
            placeholder={t("any")}
            data={runStatuses.map((value) => ({ value, label: t(`state.${value}`) }))}
            value={status || null}
            onChange={(next) => setStatus(next ?? "")}
          />
        }
        empty={<EmptyState icon={IconActivity} title={t("empty")} hint={t("emptyHint")} />}
      />
    </Page>
  );
}
