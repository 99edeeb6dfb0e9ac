import { Button, Group, SegmentedControl } from "@mantine/core";
import { IconUserPlus, IconUsersGroup } from "@tabler/icons-react";
import { useState } from "react";
import { Page } from "../../components/page";
import { useUrlState } from "../../components/url-state";
import { useMay, useMe } from "../../session/me";
import { InvitationList } from "./invitation-list";
import { Invite } from "./invite";
import { MemberList } from "./member-list";
import { RoleTable } from "./role-table";
import { TeamList } from "./team-list";
import { useMembers } from "./texts";

export default function MembersPage() {
  const t = useMembers();
  const may = useMay();
  const { organization } = useMe();
  const [view, setView] = useUrlState("view", "members");
  const [dialog, setDialog] = useUrlState("dialog");
  const [showsRoles, setShowsRoles] = useState(false);
  const invite = may("members:write") && (
    <Button leftSection={<IconUserPlus size={16} />} onClick={() => setDialog("invite")}>
      {t("invite")}
    </Button>
  );
  const newTeam = may("teams:write") && (
    <Button leftSection={<IconUsersGroup size={16} />} onClick={() => setDialog("team")}>
      {t("teams.create")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      description={t("description", { organization: organization?.name ?? "" })}
      actions={view === "teams" ? newTeam : invite}
    >
      <Group mb="sm" justify="space-between" gap="xs">
        <SegmentedControl
          size="sm"
          aria-label={t("view.label")}
          value={view === "invitations" || view === "teams" ? view : "members"}
          onChange={setView}
          data={[
            { value: "members", label: t("view.members") },
            { value: "invitations", label: t("view.invitations") },
            { value: "teams", label: t("view.teams") },
          ]}
        />
        <Button variant="subtle" size="compact-sm" onClick={() => setShowsRoles(true)}>
          {t("whatRoles")}
        </Button>
      </Group>
      {view === "invitations" ? (
        <InvitationList invite={invite} />
      ) : view === "teams" ? (
        <TeamList create={newTeam} isCreating={dialog === "team"} onCreated={() => setDialog("")} />
      ) : (
        <MemberList />
      )}
      <Invite isOpen={dialog === "invite" && may("members:write")} onClose={() => setDialog("")} />
      <RoleTable isOpen={showsRoles} onClose={() => setShowsRoles(false)} />
    </Page>
  );
}
