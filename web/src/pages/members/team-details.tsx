import {
  ActionIcon,
  Anchor,
  Avatar,
  Box,
  Button,
  Drawer,
  Group,
  Select,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { IconUserMinus } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, body } from "../../api/client";
import { useMemberNames } from "../../api/names";
import { Confirm } from "../../components/confirm";
import { FailureNotice } from "../../components/failure-notice";
import { NameDialog } from "../../components/name-dialog";
import { Pending } from "../../components/pending";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { useMay } from "../../session/me";
import { type Team, useTeamMembers } from "./data";
import { useMembers } from "./texts";

interface Props {
  team: Team | undefined;
  onClose: () => void;
}

/** One team: who is in it, its name, its end. */
export function TeamDetails({ team, onClose }: Props) {
  return (
    <Drawer
      opened={team !== undefined}
      onClose={onClose}
      position="right"
      size={420}
      title={<Text fw={600}>{team?.name}</Text>}
    >
      {team && <Content team={team} onGone={onClose} />}
    </Drawer>
  );
}

function Content({ team, onGone }: { team: Team; onGone: () => void }) {
  const t = useMembers();
  const common = useCommon();
  const may = useMay();
  const client = useQueryClient();
  const [isRenaming, setRenaming] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const params = { path: { id: team.id } };
  const refresh = () => client.invalidateQueries({ queryKey: ["teams"] });
  const renaming = useMutation({
    meta: { silent: true },
    mutationFn: (name: string) => body(api.PATCH("/api/v1/teams/{id}", { params, body: { name } })),
    onSuccess: () => {
      setRenaming(false);
      showDone(common("saved"));
      return refresh();
    },
  });
  const deletion = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/teams/{id}", { params })),
    onSettled: () => setDeleting(false),
    onSuccess: () => {
      showDone(t("teams.deleted", { name: team.name }));
      onGone();
      return refresh();
    },
  });
  return (
    <Stack gap="lg">
      <People team={team} />
      {may("usage:read") && (
        <Anchor component={Link} to={`/usage?team=${team.id}`} size="sm" underline="always">
          {t("teams.usage")}
        </Anchor>
      )}
      {may("teams:write") && (
        <Group>
          <Button variant="default" onClick={() => setRenaming(true)}>
            {t("teams.rename")}
          </Button>
          <Button color="red" variant="light" onClick={() => setDeleting(true)}>
            {t("teams.delete")}
          </Button>
        </Group>
      )}
      <NameDialog
        isOpen={isRenaming}
        title={t("teams.renameTitle", { name: team.name })}
        label={t("teams.name")}
        submit={common("save")}
        initial={team.name}
        error={renaming.error}
        isBusy={renaming.isPending}
        onSubmit={(name) => renaming.mutate(name)}
        onClose={() => setRenaming(false)}
      />
      <Confirm
        isOpen={isDeleting}
        title={t("teams.deleteTitle", { name: team.name })}
        hint={t("teams.deleteHint")}
        confirm={t("teams.delete")}
        isBusy={deletion.isPending}
        onConfirm={() => deletion.mutate()}
        onClose={() => setDeleting(false)}
      />
    </Stack>
  );
}

function People({ team }: { team: Team }) {
  const t = useMembers();
  const may = useMay();
  const client = useQueryClient();
  const list = useTeamMembers(team.id);
  const names = useMemberNames();
  const change = useMutation({
    mutationFn: ({ userId, isIn }: { userId: string; isIn: boolean }) => {
      const params = { path: { id: team.id, user_id: userId } };
      return isIn
        ? body(api.PUT("/api/v1/teams/{id}/members/{user_id}", { params }))
        : body(api.DELETE("/api/v1/teams/{id}/members/{user_id}", { params }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["teams", team.id] }),
  });
  const present = new Set(list.data?.map((one) => one.user_id));
  const others = [...(names ?? [])].filter(([id]) => !present.has(id));
  return (
    <section>
      <Title order={3} mb="xs">
        {t("teams.members")}
      </Title>
      {list.error && <FailureNotice error={list.error} onRetry={list.refetch} />}
      {list.isPending && <Pending rows={2} height={40} />}
      {list.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("teams.nobody")}
        </Text>
      )}
      <Stack gap="xs">
        {list.data?.map((person) => (
          <Group key={person.user_id} justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap" miw={0}>
              <Avatar size={28} radius="xl" color="petrol" name={person.name || person.email} />
              <Box miw={0}>
                <Text size="sm" className="truncate">
                  {person.name || person.email}
                </Text>
                <Text size="xs" c="dimmed" className="truncate">
                  {person.email}
                </Text>
              </Box>
            </Group>
            {may("teams:write") && (
              <ActionIcon
                aria-label={t("teams.takeOut", { name: person.name || person.email })}
                disabled={change.isPending}
                onClick={() => change.mutate({ userId: person.user_id, isIn: false })}
              >
                <IconUserMinus size={16} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {may("teams:write") && list.data && others.length > 0 && (
          <Select
            label={t("teams.add")}
            placeholder={t("teams.addHint")}
            searchable
            data={others.map(([value, label]) => ({ value, label }))}
            value={null}
            disabled={change.isPending}
            onChange={(userId) => userId && change.mutate({ userId, isIn: true })}
          />
        )}
      </Stack>
    </section>
  );
}
