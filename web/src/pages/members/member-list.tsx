import { ActionIcon, Avatar, Badge, Box, Group, Menu, Select, Text } from "@mantine/core";
import { IconDots, IconLogout, IconUserMinus, IconUsers } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { Confirm } from "../../components/confirm";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { isRole, type Role, rolesUpTo, useRoleChoices } from "../../components/role/role";
import { useRoleTexts } from "../../components/role/texts";
import { showDone } from "../../components/toast";
import { date } from "../../i18n/format";
import { meQuery, useMay, useMe } from "../../session/me";
import { type Member, useMemberList } from "./data";
import { useMembers } from "./texts";

/** Who is in the organization. */
export function MemberList() {
  const t = useMembers();
  const list = useMemberList();
  const [leaving, setLeaving] = useState<Member | null>(null);
  const columns = useColumns(setLeaving);
  return (
    <>
      <DataTable
        label={t("title")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        empty={<EmptyState icon={IconUsers} title={t("empty")} hint={t("emptyHint")} />}
      />
      <Removal member={leaving} onClose={() => setLeaving(null)} />
    </>
  );
}

const nameOf = (member: Member) => member.name || member.email;

function useColumns(onRemove: (member: Member) => void): Column<Member>[] {
  const t = useMembers();
  const role = useRoleTexts();
  const { user } = useMe();
  return [
    {
      key: "name",
      title: t("column.name"),
      sort: (row) => nameOf(row).toLocaleLowerCase(),
      search: (row) => `${row.name}\n${row.email}`,
      cell: (row) => (
        <Group gap="sm" wrap="nowrap">
          <Avatar size={30} radius="xl" color="petrol" name={nameOf(row)} visibleFrom="xs" />
          <Box miw={0}>
            <Group gap={6}>
              <Text size="sm" fw={550}>
                {nameOf(row)}
              </Text>
              {row.id === user.id && <Badge size="sm">{t("you")}</Badge>}
            </Group>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {row.email}
            </Text>
          </Box>
        </Group>
      ),
    },
    {
      key: "role",
      title: t("column.role"),
      sort: (row) => row.role,
      search: (row) => (isRole(row.role) ? role(row.role) : row.role),
      cell: (row) => <RoleOf member={row} />,
    },
    {
      key: "joined",
      title: t("column.joined"),
      from: "sm",
      sort: (row) => row.joined_at,
      cell: (row) => date(row.joined_at),
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) => <Actions member={row} onRemove={() => onRemove(row)} />,
    },
  ];
}

/** Whether the person who looks may change or remove a member. */
function useMayChange(member: Member): boolean {
  const may = useMay();
  const { organization } = useMe();
  return may("members:write") && rolesUpTo(organization?.role ?? "").includes(member.role);
}

function RoleOf({ member }: { member: Member }) {
  const t = useMembers();
  const role = useRoleTexts();
  const choices = useRoleChoices();
  const mayChange = useMayChange(member);
  const { organization, user } = useMe();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (next: Role) => {
      const path = { id: organization?.id ?? "", user_id: member.id };
      return body(
        api.PATCH("/api/v1/organizations/{id}/members/{user_id}", { params: { path }, body: { role: next } }),
      );
    },
    onSuccess: async (_, next) => {
      showDone(t("roleChanged", { name: nameOf(member), role: role(next) }));
      await client.invalidateQueries({ queryKey: ["members"] });
      if (member.id === user.id) await client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  if (!mayChange) return role(member.role);
  return (
    <Select
      w={{ base: 125, sm: 150 }}
      size="xs"
      aria-label={t("roleOf", { name: nameOf(member) })}
      allowDeselect={false}
      disabled={change.isPending}
      data={choices}
      value={member.role}
      onChange={(next) => next && isRole(next) && next !== member.role && change.mutate(next)}
    />
  );
}

function Actions({ member, onRemove }: { member: Member; onRemove: () => void }) {
  const t = useMembers();
  const mayChange = useMayChange(member);
  const { user } = useMe();
  const isSelf = member.id === user.id;
  if (!isSelf && !mayChange) return null;
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon aria-label={t("menu", { name: nameOf(member) })}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          color="red"
          leftSection={isSelf ? <IconLogout size={15} /> : <IconUserMinus size={15} />}
          onClick={onRemove}
        >
          {isSelf ? t("leave") : t("remove")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Removal({ member, onClose }: { member: Member | null; onClose: () => void }) {
  const t = useMembers();
  const client = useQueryClient();
  const { organization, user } = useMe();
  const isSelf = member?.id === user.id;
  const values = { name: member ? nameOf(member) : "", organization: organization?.name ?? "" };
  const removal = useMutation({
    mutationFn: () => {
      const path = { id: organization?.id ?? "", user_id: member?.id ?? "" };
      return body(api.DELETE("/api/v1/organizations/{id}/members/{user_id}", { params: { path } }));
    },
    onSettled: onClose,
    onSuccess: async () => {
      if (isSelf) return location.assign("/");
      showDone(t("removed", values));
      await client.invalidateQueries({ queryKey: ["members"] });
    },
  });
  return (
    <Confirm
      isOpen={member !== null}
      title={isSelf ? t("leaveTitle", values) : t("removeTitle", values)}
      hint={isSelf ? t("leaveHint") : t("removeHint")}
      confirm={isSelf ? t("leave") : t("remove")}
      isBusy={removal.isPending}
      onConfirm={() => removal.mutate()}
      onClose={onClose}
    />
  );
}
