import { ActionIcon, Code, Stack, Text } from "@mantine/core";
import { IconDatabase, IconTrash } from "@tabler/icons-react";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { projects, type StoredValue } from "../../api/flows";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { ago, dateTime } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useProjects } from "./texts";

/** What the flows of a project keep between their runs. */
export function StoredValues({ project }: { project: string }) {
  const t = useProjects();
  const mayWrite = useMay()("projects:write");
  const client = useQueryClient();
  const key = ["projects", project, "values"];
  const rows = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => projects.values(project)({ cursor: pageParam, limit: 200 }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
  const remove = useMutation({
    mutationFn: (name: string) => projects.removeValue(project, name),
    onSuccess: () => client.invalidateQueries({ queryKey: key }),
  });
  const columns: Column<StoredValue>[] = [
    {
      key: "key",
      title: t("values.key"),
      sort: (row) => row.key,
      search: (row) => row.key,
      cell: (row) => <Code>{row.key}</Code>,
    },
    {
      key: "value",
      title: t("values.value"),
      cell: (row) => (
        <Text size="sm" lineClamp={2} style={{ overflowWrap: "anywhere" }}>
          {typeof row.value === "string" ? row.value : JSON.stringify(row.value)}
        </Text>
      ),
    },
    {
      key: "updated",
      title: t("values.updated"),
      from: "sm",
      sort: (row) => row.updated_at,
      cell: (row) => ago(row.updated_at),
    },
    {
      key: "expires",
      title: t("values.expires"),
      from: "md",
      sort: (row) => row.expires_at ?? "",
      cell: (row) => (row.expires_at ? dateTime(row.expires_at) : t("values.never")),
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) =>
        mayWrite && (
          <ActionIcon
            aria-label={t("values.removeValue", { name: row.key })}
            onClick={() => remove.mutate(row.key)}
          >
            <IconTrash size={16} />
          </ActionIcon>
        ),
    },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("values.storedHint")}
      </Text>
      <DataTable
        label={t("values.stored")}
        name="value"
        columns={columns}
        rows={rows.data?.pages.flatMap((page) => page.data)}
        rowKey={(row) => row.id}
        error={rows.error ?? remove.error}
        onRetry={() => void rows.refetch()}
        empty={<EmptyState icon={IconDatabase} title={t("values.none")} hint={t("values.storedEmpty")} />}
        more={
          rows.hasNextPage
            ? { load: () => void rows.fetchNextPage(), isLoading: rows.isFetchingNextPage }
            : undefined
        }
      />
    </Stack>
  );
}
