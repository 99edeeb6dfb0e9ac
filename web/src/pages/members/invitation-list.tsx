import { ActionIcon, Badge, Group, Menu, Stack, Text } from "@mantine/core";
import { IconDots, IconLink, IconMailForward, IconMailOff, IconMailOpened } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { api, body } from "../../api/client";
import { useTeamNames } from "../../api/names";
import { Confirm } from "../../components/confirm";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { isRole } from "../../components/role/role";
import { useRoleTexts } from "../../components/role/texts";
import { showDone } from "../../components/toast";
import { ago, dateTime } from "../../i18n/format";
import { useMay } from "../../session/me";
import { invitationLink, useInvitationList } from "./data";
import { type Invitation, type InvitationStatus, statusOf } from "./invitation";
import { useMembers } from "./texts";

/** Who was invited, and what became of it. */
export function InvitationList({ invite }: { invite: ReactNode }) {
  const t = useMembers();
  const list = useInvitationList();
  const [revoking, setRevoking] = useState<Invitation | null>(null);
  const columns = useColumns(setRevoking);
  return (
    <>
      <DataTable
        label={t("view.invitations")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState icon={IconMailOpened} title={t("noInvitations")} hint={t("noInvitationsHint")}>
            {invite}
          </EmptyState>
        }
      />
      <Revocation invitation={revoking} onClose={() => setRevoking(null)} />
    </>
  );
}

const colours: Record<InvitationStatus, string> = {
  open: "petrol",
  accepted: "gray",
  revoked: "red",
  expired: "orange",
};

function useColumns(onRevoke: (invitation: Invitation) => void): Column<Invitation>[] {
  const t = useMembers();
  const role = useRoleTexts();
  const teams = useTeamNames();
  return [
    {
      key: "email",
      title: t("column.email"),
      sort: (row) => row.email,
      search: (row) => row.email,
      cell: (row) => (
        <Stack gap={0}>
          <Text size="sm" fw={550} style={{ overflowWrap: "anywhere" }}>
            {row.email}
          </Text>
          <Text size="xs" c="dimmed">
            {isRole(row.role) ? role(row.role) : row.role}
            {row.team_id && ` · ${teams?.get(row.team_id) ?? ""}`}
          </Text>
        </Stack>
      ),
    },
    {
      key: "status",
      title: t("column.status"),
      sort: (row) => statusOf(row),
      search: (row) => t(`status.${statusOf(row)}`),
      cell: (row) => <Badge color={colours[statusOf(row)]}>{t(`status.${statusOf(row)}`)}</Badge>,
    },
    {
      key: "sent",
      title: t("column.sent"),
      from: "sm",
      sort: (row) => row.sent_at,
      cell: (row) => <span title={dateTime(row.sent_at)}>{ago(row.sent_at)}</span>,
    },
    {
      key: "expires",
      title: t("column.expires"),
      from: "sm",
      sort: (row) => row.expires_at,
      cell: (row) => <span title={dateTime(row.expires_at)}>{ago(row.expires_at)}</span>,
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) => <Actions invitation={row} onRevoke={() => onRevoke(row)} />,
    },
  ];
}

function Actions({ invitation, onRevoke }: { invitation: Invitation; onRevoke: () => void }) {
  const t = useMembers();
  const may = useMay();
  const client = useQueryClient();
  const resending = useMutation({
    mutationFn: () => {
      const params = { path: { id: invitation.id } };
      return body(api.POST("/api/v1/invitations/{id}/resend", { params }));
    },
    onSuccess: () => {
      showDone(t("resent", { email: invitation.email }));
      return client.invalidateQueries({ queryKey: ["invitations"] });
    },
  });
  const copying = useMutation({
    mutationFn: async () => {
      const link = await invitationLink(invitation.email);
      if (link) await navigator.clipboard.writeText(link);
      return link;
    },
    onSuccess: (link) => showDone(link ? t("linkCopied") : t("noLink")),
  });
  const status = statusOf(invitation);
  if (!may("members:write") || status === "accepted" || status === "revoked") return null;
  return (
    <Group justify="flex-end">
      <Menu>
        <Menu.Target>
          <ActionIcon aria-label={t("menu", { name: invitation.email })}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {may("outbox:read") && status === "open" && (
            <Menu.Item leftSection={<IconLink size={15} />} onClick={() => copying.mutate()}>
              {t("copyLink")}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconMailForward size={15} />} onClick={() => resending.mutate()}>
            {t("resend")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconMailOff size={15} />} onClick={onRevoke}>
            {t("revoke")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}

function Revocation({ invitation, onClose }: { invitation: Invitation | null; onClose: () => void }) {
  const t = useMembers();
  const client = useQueryClient();
  const values = { email: invitation?.email ?? "" };
  const revocation = useMutation({
    mutationFn: () => {
      const params = { path: { id: invitation?.id ?? "" } };
      return body(api.DELETE("/api/v1/invitations/{id}", { params }));
    },
    onSettled: onClose,
    onSuccess: () => {
      showDone(t("revoked", values));
      return client.invalidateQueries({ queryKey: ["invitations"] });
    },
  });
  return (
    <Confirm
      isOpen={invitation !== null}
      title={t("revokeTitle", values)}
      hint={t("revokeHint")}
      confirm={t("revoke")}
      isBusy={revocation.isPending}
      onConfirm={() => revocation.mutate()}
      onClose={onClose}
    />
  );
}
