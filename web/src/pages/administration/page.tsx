import { Anchor, Badge, Group, Paper, Select, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconBuilding } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { Confirm } from "../../components/confirm";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { showDone } from "../../components/toast";
import { date, number } from "../../i18n/format";
import { useMe } from "../../session/me";
import { useAdministration } from "./texts";

type Organization = components["schemas"]["OrganizationSize"];

interface PlanChange {
  organization: Organization;
  plan: { id: string; title: string };
}

export default function AdministrationPage() {
  const t = useAdministration();
  const [change, setChange] = useState<PlanChange | null>(null);
  const columns = useColumns(setChange);
  const list = useCursorList(["administration", "organizations"], (cursor) =>
    body(api.GET("/api/v1/admin/organizations", { params: { query: { limit: 100, cursor } } })),
  );
  return (
    <Page title={t("title")} description={t("description")}>
      <Stack gap="xl">
        <DataTable
          label={t("organizations")}
          columns={columns}
          {...list}
          rowKey={(row) => row.id}
          empty={<EmptyState icon={IconBuilding} title={t("empty")} hint={t("emptyHint")} />}
        />
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="md">
          <Health />
          <Paper p="md" radius="lg" component="section">
            <Title order={2} mb={2}>
              {t("registration")}
            </Title>
            <Text size="sm" c="dimmed">
              {t("registrationHint")}
            </Text>
          </Paper>
        </SimpleGrid>
      </Stack>
      <ChangePlan change={change} onClose={() => setChange(null)} />
    </Page>
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

/** Whether the server is up, and whether it takes calls. */
function Health() {
  const t = useAdministration();
  const ready = useQuery({
    queryKey: ["administration", "ready"],
    refetchInterval: 15_000,
    queryFn: async () => (await fetch("/readyz")).ok,
  });
  return (
    <Paper p="md" radius="lg" component="section">
      <Group justify="space-between" mb="xs">
        <Title order={2}>{t("health")}</Title>
        {ready.data !== undefined && (
          <Badge color={ready.data ? "petrol" : "red"}>{ready.data ? t("ready") : t("notReady")}</Badge>
        )}
      </Group>
      {ready.error && <FailureNotice error={ready.error} onRetry={ready.refetch} />}
      {ready.isPending && <Pending rows={1} height={20} />}
      <Anchor href="/api/docs" target="_blank" size="sm" underline="always">
        {t("docs")}
      </Anchor>
    </Paper>
  );
}
