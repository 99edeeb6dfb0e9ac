import { ActionIcon, Badge, Button, Group, Menu, Stack, Text, Tooltip } from "@mantine/core";
import { IconDots, IconEdit, IconPlus, IconRoute, IconTestPipe, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { Confirm } from "../../../components/confirm";
import { type Column, DataTable } from "../../../components/data-table";
import { EmptyState } from "../../../components/empty-state";
import { showDone } from "../../../components/toast";
import { useMay } from "../../../session/me";
import {
  type ModelTest,
  type RouteRow,
  type TargetHealth,
  useDeleteRoute,
  useRoutes,
  useTargetHealth,
  useTestRoute,
} from "./data";
import { RouteDialog } from "./dialog";
import { groupsOf, shares } from "./draft";
import { TestResult } from "./test-result";
import { useRouteTexts } from "./texts";

/** Names of one's own, and what is behind them. */
export function RouteList() {
  const t = useRouteTexts();
  const mayWrite = useMay()("models:write");
  const list = useRoutes();
  const { data: health } = useTargetHealth();
  /** The id of the one that is edited, or `new`. */
  const [edited, setEdited] = useState<string>();
  const [deleted, setDeleted] = useState<RouteRow>();
  const [result, setResult] = useState<{ name: string; test: ModelTest }>();
  const test = useTestRoute();
  const remove = useDeleteRoute(() => showDone(t("deleted", { name: deleted?.name })));
  const add = mayWrite && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setEdited("new")}>
      {t("add")}
    </Button>
  );
  const run = (name: string) => test.mutate(name, { onSuccess: (test) => setResult({ name, test }) });
  const columns: Column<RouteRow>[] = [
    {
      key: "name",
      title: t("name"),
      sort: (row) => row.name.toLocaleLowerCase(),
      search: (row) =>
        `${row.name}\n${groupsOf(row.definition)
          .flat()
          .map(({ model }) => model)
          .join("\n")}`,
      cell: (row) => (
        <Stack gap={2} align="flex-start">
          <Text size="sm" fw={550} ff="monospace" style={{ overflowWrap: "anywhere" }}>
            {row.name}
          </Text>
          {row.id === undefined && (
            <Tooltip label={t("configuredHint")} multiline maw={280}>
              <Badge color="gray">{t("configured")}</Badge>
            </Tooltip>
          )}
        </Stack>
      ),
    },
    { key: "targets", title: t("targets"), cell: (row) => <Steps row={row} health={health} /> },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        mayWrite && (
          <Menu>
            <Menu.Target>
              <ActionIcon
                aria-label={t("menu", { name: row.name })}
                loading={test.isPending && test.variables === row.name}
              >
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              {!row.name.includes("*") && (
                <Menu.Item leftSection={<IconTestPipe size={15} />} onClick={() => run(row.name)}>
                  {t("test")}
                </Menu.Item>
              )}
              {row.id !== undefined && (
                <>
                  <Menu.Item leftSection={<IconEdit size={15} />} onClick={() => setEdited(row.id)}>
                    {t("edit")}
                  </Menu.Item>
                  <Menu.Item
                    color="red"
                    leftSection={<IconTrash size={15} />}
                    onClick={() => setDeleted(row)}
                  >
                    {t("delete")}
                  </Menu.Item>
                </>
              )}
            </Menu.Dropdown>
          </Menu>
        ),
    },
  ];
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Text size="sm" c="dimmed" maw={640}>
          {t("hint")}
        </Text>
        {list.data && list.data.length > 0 && add}
      </Group>
      <DataTable
        label={t("title")}
        name="r"
        columns={columns}
        rows={list.data}
        error={list.error}
        onRetry={() => void list.refetch()}
        rowKey={(row) => row.id ?? `configured ${row.name}`}
        empty={
          <EmptyState icon={IconRoute} title={t("empty")} hint={t("emptyHint")}>
            {add}
          </EmptyState>
        }
      />
      <RouteDialog id={edited} onClose={() => setEdited(undefined)} />
      <TestResult result={result} onClose={() => setResult(undefined)} />
      <Confirm
        isOpen={deleted !== undefined}
        title={t("deleteTitle", { name: deleted?.name })}
        hint={t("deleteHint")}
        confirm={t("delete")}
        isBusy={remove.isPending}
        onConfirm={() => remove.mutate(deleted?.id ?? "", { onSettled: () => setDeleted(undefined) })}
        onClose={() => setDeleted(undefined)}
      />
    </Stack>
  );
}

const colours: Record<TargetHealth["state"], string> = {
  ready: "petrol",
  probing: "cyan",
  cooling_down: "orange",
  no_key: "red",
  missing: "red",
};

/** The targets in the order in which they are tried, with their states. */
function Steps({ row, health }: { row: RouteRow; health: Map<string, TargetHealth> | undefined }) {
  const t = useRouteTexts();
  return (
    <Stack gap={4}>
      {groupsOf(row.definition).map((targets, group) => {
        const parts = shares(targets.map(({ weight }) => weight));
        return (
          <Group key={targets.map(({ model }) => model).join(" ")} gap={6} wrap="wrap">
            <Text size="xs" c="dimmed" w={44}>
              {group === 0 ? t("first") : t("next")}
            </Text>
            {targets.map(({ model }, index) => {
              const one = health?.get(model);
              const share = parts[index];
              return (
                <Group key={model} gap={4} wrap="nowrap">
                  <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
                    {model}
                  </Text>
                  {targets.length > 1 && (
                    <Text size="xs" c="dimmed" className="tabular">
                      {share === null || share === undefined ? "–" : `${Math.round(share * 100)} %`}
                    </Text>
                  )}
                  {one && one.state !== "ready" && (
                    <Badge color={colours[one.state]} size="sm">
                      {t(`state.${one.state}`)}
                    </Badge>
                  )}
                </Group>
              );
            })}
          </Group>
        );
      })}
    </Stack>
  );
}

/** The link by which a test's request is explained. */
export function ExplainLink({ request }: { request: string }) {
  const t = useRouteTexts();
  return (
    <Button component={Link} to={`/usage/requests/${request}`} variant="default">
      {t("explain")}
    </Button>
  );
}
