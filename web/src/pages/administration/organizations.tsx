import { Badge, Group, Select, Stack, Text } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { Confirm } from "../../components/confirm";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { showDone } from "../../components/toast";
import { date, number } from "../../i18n/format";
import { useMe } from "../../session/me";
import { useAdministration } from "./texts";

type Organization = components["schemas"]["OrganizationSize"];

interface PlanChange {
  organization: Organization;
  plan: { id: string; title: string };
}

/** All organizations of the server, and their plans. */
export function Organizations() {
  const t = useAdministration();
  const [change, setChange] = useState<PlanChange | null>(null);
  const columns = useColumns(setChange);
  const list = useCursorList(["administration", "organizations"], (cursor) =>
    body(api.GET("/api/v1/admin/organizations", { params: { query: { limit: 100, cursor } } })),
  );
  return (
    <Stack gap="md">
      <DataTable
        label={t("organizations")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        empty={<EmptyState icon={IconBuilding} title={t("empty")} hint={t("emptyHint")} />}
      />
      <Text size="sm" c="dimmed">
        {t("registration")}: {t("registrationHint")}
      </Text>
      <ChangePlan change={change} onClose={() => setChange(null)} />
    </Stack>
  );
}

function usePlans() {
  return useQuery({
    queryKey: ["plans"],
    staleTime: 300_000,
    queryFn: async () => (await body(api.GET("/api/v1/plans"))).data,
  });
}

function useColumns(onChange: (change: PlanChange) => void): Column<Organization>[] {
  const t = useAdministration();
  const me = useMe();
  const { data: plans } = usePlans();
  return [
    {
      key: "name",
      title: t("column.name"),
      sort: (row) => row.name.toLocaleLowerCase(),
      search: (row) => `${row.name}\n${row.slug}\n${row.id}`,
      cell: (row) => (
        <Stack gap={0}>
          <Group gap={6}>
            <Text size="sm" fw={550}>
              {row.name}
            </Text>
            {row.id === me.organization?.id && <Badge size="sm">{t("here")}</Badge>}
          </Group>
          <Text size="xs" c="dimmed" ff="monospace">
            {row.slug}
          </Text>
        </Stack>
      ),
    },
    {
      key: "plan",
      title: t("column.plan"),
      sort: (row) => row.plan,
      search: (row) => row.plan,
      cell: (row) => (
        <Select
          w={{ base: 120, sm: 150 }}
          size="xs"
          aria-label={t("planOf", { name: row.name })}
          allowDeselect={false}
          data={plans?.map(({ id, title }) => ({ value: id, label: title })) ?? [row.plan]}
          value={row.plan}
          onChange={(id) => {
            const plan = plans?.find((one) => one.id === id);
            if (plan && plan.id !== row.plan) onChange({ organization: row, plan });
          }}
        />
      ),
    },
    {
      key: "members",
      title: t("column.members"),
      align: "right",
      from: "sm",
      sort: (row) => row.members,
      cell: (row) => number(row.members),
    },
    {
      key: "keys",
      title: t("column.keys"),
      align: "right",
      from: "sm",
      sort: (row) => row.keys,
      cell: (row) => number(row.keys),
    },
    {
      key: "made",
      title: t("column.made"),
      align: "right",
      from: "md",
      sort: (row) => row.created_at,
      cell: (row) => date(row.created_at),
    },
  ];
}

function ChangePlan({ change, onClose }: { change: PlanChange | null; onClose: () => void }) {
  const t = useAdministration();
  const client = useQueryClient();
  const values = { name: change?.organization.name ?? "", plan: change?.plan.title ?? "" };
  const saving = useMutation({
    mutationFn: () =>
      body(
        api.PUT("/api/v1/admin/organizations/{id}/plan", {
          params: { path: { id: change?.organization.id ?? "" } },
          body: { plan: change?.plan.id ?? "" },
        }),
      ),
    onSettled: onClose,
    onSuccess: async () => {
      showDone(t("planChanged", values));
      for (const key of ["administration", "billing", "organization"]) {
        await client.invalidateQueries({ queryKey: [key] });
      }
    },
  });
  return (
    <Confirm
      isOpen={change !== null}
      title={t("planTitle", values)}
      hint={t("planHint")}
      confirm={t("planChange")}
      isBusy={saving.isPending}
      onConfirm={() => saving.mutate()}
      onClose={onClose}
    />
  );
}
