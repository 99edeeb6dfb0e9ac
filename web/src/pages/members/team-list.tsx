import { Anchor } from "@mantine/core";
import { IconUsersGroup } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api, body } from "../../api/client";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { NameDialog } from "../../components/name-dialog";
import { showDone } from "../../components/toast";
import { useUrlState } from "../../components/url-state";
import { useCommon } from "../../i18n/common";
import { date } from "../../i18n/format";
import { type Team, useTeamList } from "./data";
import { TeamDetails } from "./team-details";
import { useMembers } from "./texts";

interface Props {
  /** The button that makes one. */
  create: ReactNode;
  isCreating: boolean;
  onCreated: () => void;
}

/** The teams of the organization. */
export function TeamList({ create, isCreating, onCreated }: Props) {
  const t = useMembers();
  const common = useCommon();
  const client = useQueryClient();
  const list = useTeamList();
  const [open, setOpen] = useUrlState("team");
  const creation = useMutation({
    meta: { silent: true },
    mutationFn: (name: string) => body(api.POST("/api/v1/teams", { body: { name } })),
    onSuccess: async (team) => {
      onCreated();
      showDone(t("teams.created", { name: team.name }));
      await client.invalidateQueries({ queryKey: ["teams"] });
      setOpen(team.id);
    },
  });
  const columns: Column<Team>[] = [
    {
      key: "name",
      title: t("column.team"),
      sort: (row) => row.name.toLocaleLowerCase(),
      search: (row) => row.name,
      cell: (row) => (
        <Anchor
          component="button"
          type="button"
          fw={550}
          size="sm"
          ta="left"
          c="var(--mantine-color-text)"
          aria-label={t("teams.open", { name: row.name })}
          onClick={(event) => {
            event.stopPropagation();
            setOpen(row.id);
          }}
        >
          {row.name}
        </Anchor>
      ),
    },
    {
      key: "made",
      title: t("teams.made"),
      align: "right",
      sort: (row) => row.created_at,
      cell: (row) => date(row.created_at),
    },
  ];
  return (
    <>
      <DataTable
        label={t("view.teams")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        onRow={(row) => setOpen(row.id)}
        empty={
          <EmptyState icon={IconUsersGroup} title={t("teams.empty")} hint={t("teams.emptyHint")}>
            {create}
          </EmptyState>
        }
      />
      <NameDialog
        isOpen={isCreating}
        title={t("teams.createTitle")}
        label={t("teams.name")}
        submit={common("create")}
        error={creation.error}
        isBusy={creation.isPending}
        onSubmit={(name) => creation.mutate(name)}
        onClose={() => {
          creation.reset();
          onCreated();
        }}
      />
      <TeamDetails team={list.rows?.find(({ id }) => id === open)} onClose={() => setOpen("")} />
    </>
  );
}
