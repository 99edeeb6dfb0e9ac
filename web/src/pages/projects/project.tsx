import { Anchor, Badge, Button, Group, SegmentedControl, Stack, Tabs, Text } from "@mantine/core";
import { IconArrowLeft, IconPlus, IconSchema, IconTemplate } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { type FlowSummary, flows, projects } from "../../api/flows";
import { Confirm } from "../../components/confirm";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { showDone } from "../../components/toast";
import { useUrlState } from "../../components/url-state";
import { SaveTemplateDialog } from "../../flow/templates/save-dialog";
import { ago, dateTime, number } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useChange, useFlowList } from "./data";
import { NameDialog } from "./name-dialog";
import { RowMenu } from "./row-menu";
import { StoredValues } from "./stored-values";
import { useProjects } from "./texts";
import { Values } from "./values";

export default function ProjectPage() {
  const t = useProjects();
  const { project: id } = useParams({ strict: false }) as { project: string };
  const [tab, setTab] = useUrlState("tab", "flows");
  const project = useQuery({ queryKey: ["projects", id], queryFn: () => projects.get(id) });
  if (project.error) {
    return (
      <Page title="">
        <FailureNotice error={project.error} onRetry={() => void project.refetch()} />
      </Page>
    );
  }
  return (
    <Page title={project.data?.name ?? ""} description={project.data?.description}>
      <Anchor component={Link} to="/projects" size="sm" mb="sm" display="inline-block">
        <Group gap={4}>
          <IconArrowLeft size={14} />
          {t("back")}
        </Group>
      </Anchor>
      <Tabs value={tab} onChange={(next) => setTab(next ?? "flows")} keepMounted={false}>
        <Tabs.List mb="sm">
          <Tabs.Tab value="flows">{t("flow.title")}</Tabs.Tab>
          <Tabs.Tab value="variables">{t("values.variables")}</Tabs.Tab>
          <Tabs.Tab value="secrets">{t("values.secrets")}</Tabs.Tab>
          <Tabs.Tab value="values">{t("values.stored")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="flows">
          <FlowTable project={id} />
        </Tabs.Panel>
        <Tabs.Panel value="variables">
          <Values project={id} kind="variables" />
        </Tabs.Panel>
        <Tabs.Panel value="secrets">
          <Values project={id} kind="secrets" />
        </Tabs.Panel>
        <Tabs.Panel value="values">
          <StoredValues project={id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function FlowTable({ project }: { project: string }) {
  const t = useProjects();
  const may = useMay();
  const mayWrite = may("projects:write");
  const navigate = useNavigate();
  const [which, setWhich] = useUrlState("which", "active");
  const [dialog, setDialog] = useUrlState("dialog");
  const [renamed, setRenamed] = useState<FlowSummary>();
  const [doomed, setDoomed] = useState<FlowSummary>();
  const [kept, setKept] = useState<FlowSummary>();
  const list = useFlowList(project, which === "archived");
  const open = (id: string) => void navigate({ to: "/flows/$flow", params: { flow: id } } as never);
  const create = useChange(flows.create, ({ id }) => open(id));
  const change = useChange(
    ({ flow, ...change }: { flow: FlowSummary; name?: string; is_archived?: boolean }) =>
      flows.save(flow.id, { revision: flow.revision, ...change }),
    () => setRenamed(undefined),
  );
  const duplicate = useChange(
    (flow: FlowSummary) => flows.duplicate(flow.id),
    (_, { name }) => showDone(t("duplicated", { name })),
  );
  const remove = useChange(
    (flow: FlowSummary) => flows.remove(flow.id),
    (_, { name }) => {
      showDone(t("removed", { name }));
      setDoomed(undefined);
    },
  );
  const columns: Column<FlowSummary>[] = [
    {
      key: "name",
      title: t("column.name"),
      sort: ({ name }) => name.toLocaleLowerCase(),
      search: ({ name, slug, description }) => `${name}\n${slug}\n${description}`,
      cell: (flow) => (
        <Stack gap={0}>
          <Anchor
            href={`/flows/${flow.id}`}
            fw={550}
            size="sm"
            c="var(--mantine-color-text)"
            aria-label={t("open", { name: flow.name })}
            onClick={(event) => {
              event.preventDefault();
              event.stopPropagation();
              open(flow.id);
            }}
          >
            {flow.name}
          </Anchor>
          <Text size="xs" c="dimmed" ff="monospace">
            {flow.slug}
          </Text>
        </Stack>
      ),
    },
    { key: "state", title: t("column.state"), cell: (flow) => <FlowState flow={flow} /> },
    {
      key: "nodes",
      title: t("column.nodes"),
      align: "right",
      from: "md",
      sort: (flow) => flow.node_count,
      cell: (flow) => number(flow.node_count),
    },
    {
      key: "updated",
      title: t("column.updated"),
      from: "sm",
      sort: (flow) => flow.updated_at,
      cell: (flow) => <span title={dateTime(flow.updated_at)}>{ago(flow.updated_at)}</span>,
    },
    {
      key: "menu",
      title: "",
      align: "right",
      cell: (flow) => (
        <RowMenu
          name={flow.name}
          isArchived={flow.is_archived}
          mayWrite={mayWrite}
          onRename={() => setRenamed(flow)}
          onDuplicate={() => duplicate.mutate(flow)}
          onArchive={() => change.mutate({ flow, is_archived: !flow.is_archived })}
          onKeep={may("templates:write") ? () => setKept(flow) : undefined}
          onRemove={() => setDoomed(flow)}
        />
      ),
    },
  ];
  const isArchive = which === "archived";
  return (
    <>
      <Group justify="space-between" mb="sm">
        <SegmentedControl
          size="xs"
          aria-label={t("which")}
          value={which}
          onChange={setWhich}
          data={[
            { value: "active", label: t("active") },
            { value: "archived", label: t("archived") },
          ]}
        />
        {mayWrite && (
          <Group gap="xs">
            <FromTemplate project={project} />
            <Button leftSection={<IconPlus size={16} />} onClick={() => setDialog("new")}>
              {t("flow.create")}
            </Button>
          </Group>
        )}
      </Group>
      <DataTable
        label={t("flow.title")}
        columns={columns}
        {...list}
        rowKey={({ id }) => id}
        onRow={({ id }) => open(id)}
        empty={
          <EmptyState
            icon={IconSchema}
            title={t(isArchive ? "noneArchived" : "flow.empty")}
            hint={t(isArchive ? "noneArchivedHint" : "flow.emptyHint")}
          />
        }
      />
      <NameDialog
        isOpen={dialog === "new"}
        title={t("flow.createTitle")}
        submit={t("flow.create")}
        hint={t("flow.nameHint")}
        isBusy={create.isPending}
        onSubmit={({ name }) => create.mutate({ project_id: project, name })}
        onClose={() => setDialog("")}
      />
      <NameDialog
        isOpen={renamed !== undefined}
        title={t("rename")}
        submit={t("rename")}
        name={renamed?.name}
        isBusy={change.isPending}
        onSubmit={({ name }) => renamed && change.mutate({ flow: renamed, name })}
        onClose={() => setRenamed(undefined)}
      />
      <Confirm
        isOpen={doomed !== undefined}
        title={t("removeTitle", { name: doomed?.name ?? "" })}
        hint={t("flow.removeHint")}
        confirm={t("remove")}
        isBusy={remove.isPending}
        onConfirm={() => doomed && remove.mutate(doomed)}
        onClose={() => setDoomed(undefined)}
      />
      <SaveTemplateDialog flow={kept} onClose={() => setKept(undefined)} />
    </>
  );
}

function FromTemplate({ project }: { project: string }) {
  const t = useProjects();
  const navigate = useNavigate();
  return (
    <Button
      variant="default"
      leftSection={<IconTemplate size={16} />}
      onClick={() => void navigate({ to: "/templates", search: { project } } as never)}
    >
      {t("flow.fromTemplate")}
    </Button>
  );
}

function FlowState({ flow }: { flow: FlowSummary }) {
  const t = useProjects();
  if (flow.live_version === null) return <Badge color="gray">{t("flow.draft")}</Badge>;
  if (!flow.is_active) return <Badge color="orange">{t("flow.off")}</Badge>;
  const isChanged = flow.revision !== flow.published_revision;
  return (
    <Badge color={isChanged ? "cyan" : "teal"}>
      {isChanged ? t("flow.changed") : t("flow.live", { number: flow.live_version })}
    </Badge>
  );
}
