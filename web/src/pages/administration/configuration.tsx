import { Badge, Stack, Text } from "@mantine/core";
import { IconAdjustments } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { useAdministration } from "./texts";

type Setting = components["schemas"]["Setting"];

/** What the configuration file and the environment set. */
export function Configuration() {
  const t = useAdministration();
  const { data, error, refetch } = useQuery({
    queryKey: ["administration", "configuration"],
    queryFn: async () => (await body(api.GET("/api/v1/admin/configuration"))).data,
  });
  const columns: Column<Setting>[] = [
    {
      key: "key",
      title: t("setting.key"),
      sort: (row) => row.key,
      search: (row) => row.key,
      cell: (row) => (
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {row.key}
        </Text>
      ),
    },
    {
      key: "value",
      title: t("setting.value"),
      search: (row) => textOf(row.value),
      cell: (row) => (
        <Text size="sm" ff="monospace" style={{ overflowWrap: "anywhere" }}>
          {textOf(row.value)}
        </Text>
      ),
    },
    {
      key: "source",
      title: t("setting.source"),
      from: "sm",
      sort: (row) => row.source,
      search: (row) => row.source,
      cell: (row) => (
        <Badge>{t(row.source === "environment" ? "setting.environment" : "setting.file")}</Badge>
      ),
    },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("setting.hint")}
      </Text>
      <DataTable
        label={t("view.configuration")}
        columns={columns}
        rows={data}
        error={error}
        onRetry={refetch}
        rowKey={(row) => row.key}
        name="c"
        empty={<EmptyState icon={IconAdjustments} title={t("setting.empty")} hint={t("setting.emptyHint")} />}
      />
    </Stack>
  );
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
