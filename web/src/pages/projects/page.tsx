import { Anchor, Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconDownload, IconFolders, IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { type Project, projects } from "../../api/flows";
import { Confirm } from "../../components/confirm";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { ago, dateTime } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useChange, useProjectDeeds, useProjectList } from "./data";
import { ImportDialog } from "./import-dialog";
import { NameDialog } from "./name-dialog";
import { RowMenu } from "./row-menu";
import { useProjects } from "./texts";

export default function ProjectsPage() {
  const t = useProjects();
  const mayWrite = useMay()("projects:write");
  const navigate = useNavigate();
  const [which, setWhich] = useUrlState("which", "active");
  const [dialog, setDialog] = useUrlState("dialog");
  const [renamed, setRenamed] = useState<Project>();
  const [doomed, setDoomed] = useState<Project>();
  const list = useProjectList(which === "archived");
  const open = (id: string) => void navigate({ to: "/projects/$project", params: { project: id } } as never);
  const create = useChange(projects.create, ({ id }) => open(id));
  const rename = useChange(
    ({ id, ...change }: { id: string; name: string; description: string }) => projects.update(id, change),
    () => setRenamed(undefined),
  );
  const deeds = useProjectDeeds(() => setDoomed(undefined));
  const columns: Column<Project>[] = [
    {
      key: "name",
      title: t("column.name"),
      sort: ({ name }) => name.toLocaleLowerCase(),
      search: ({ name, description }) => `${name}\n${description}`,
      cell: (project) => (
        <Stack gap={0}>
          <Anchor
            href={`/projects/${project.id}`}
            fw={550}
            size="sm"
            c="var(--mantine-color-text)"
            aria-label={t("open", { name: project.name })}
            onClick={(event) => {
              event.preventDefault();
              event.stopPropagation();
              open(project.id);
            }}
          >
            {project.name}
          </Anchor>
          <Text size="xs" c="dimmed" lineClamp={1}>
            {project.description}
          </Text>
        </Stack>
      ),
    },
    {
      key: "updated",
      title: t("column.updated"),
      from: "sm",
      sort: (project) => project.updated_at,
      cell: (project) => <span title={dateTime(project.updated_at)}>{ago(project.updated_at)}</span>,
    },
    {
      key: "menu",
      title: "",
      align: "right",
      cell: (project) => (
        <RowMenu
          name={project.name}
          isArchived={project.is_archived}
          mayWrite={mayWrite}
          onRename={() => setRenamed(project)}
          onDuplicate={() => deeds.duplicate.mutate(project)}
          onArchive={() => deeds.archive.mutate(project)}
          onExport={() => deeds.export.mutate(project)}
          onRemove={() => setDoomed(project)}
        />
      ),
    },
  ];
  const actions = mayWrite && (
    <>
      <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => setDialog("import")}>
        {t("import")}
      </Button>
      <Button leftSection={<IconPlus size={16} />} onClick={() => setDialog("new")}>
        {t("create")}
      </Button>
    </>
  );
  const isArchive = which === "archived";
  return (
    <Page title={t("title")} description={t("description")} actions={actions}>
      <SegmentedControl
        mb="sm"
        size="xs"
        aria-label={t("which")}
        value={which}
        onChange={setWhich}
        data={[
          { value: "active", label: t("active") },
          { value: "archived", label: t("archived") },
        ]}
      />
      <DataTable
        label={t("title")}
        columns={columns}
        {...list}
        rowKey={({ id }) => id}
        onRow={({ id }) => open(id)}
        empty={
          <EmptyState
            icon={IconFolders}
            title={t(isArchive ? "noneArchived" : "empty")}
            hint={t(isArchive ? "noneArchivedHint" : "emptyHint")}
          />
        }
      />
      <NameDialog
        isOpen={dialog === "new"}
        title={t("createTitle")}
        submit={t("create")}
        hint={t("nameHint")}
        description=""
        isBusy={create.isPending}
        onSubmit={(values) => create.mutate(values)}
        onClose={() => setDialog("")}
      />
      <NameDialog
        isOpen={renamed !== undefined}
        title={t("rename")}
        submit={t("rename")}
        name={renamed?.name}
        description={renamed?.description ?? ""}
        isBusy={rename.isPending}
        onSubmit={(values) => renamed && rename.mutate({ id: renamed.id, ...values })}
        onClose={() => setRenamed(undefined)}
      />
      <Confirm
        isOpen={doomed !== undefined}
        title={t("removeTitle", { name: doomed?.name ?? "" })}
        hint={t("removeHint")}
        confirm={t("remove")}
        isBusy={deeds.remove.isPending}
        onConfirm={() => doomed && deeds.remove.mutate(doomed)}
        onClose={() => setDoomed(undefined)}
      />
      <ImportDialog isOpen={dialog === "import"} onClose={() => setDialog("")} onDone={open} />
    </Page>
  );
}
