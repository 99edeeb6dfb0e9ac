import { Anchor, Stack, Text } from "@mantine/core";
import { IconLicense } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { useAdministration } from "./texts";

type Library = components["schemas"]["Library"] & { part: "server" | "web" };

/** The libraries that the program and this web app are made of. */
export function Licences() {
  const t = useAdministration();
  const { data, error, refetch } = useQuery({
    queryKey: ["administration", "licences"],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: load,
  });
  const columns: Column<Library>[] = [
    {
      key: "name",
      title: t("library.name"),
      sort: (row) => row.name,
      search: (row) => `${row.name} ${row.version}`,
      cell: (row) => (
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          {row.repository ? (
            <Anchor href={row.repository} target="_blank" rel="noreferrer" size="sm" underline="always">
              {row.name}
            </Anchor>
          ) : (
            row.name
          )}{" "}
          <Text span size="xs" c="dimmed" className="tabular">
            {row.version}
          </Text>
        </Text>
      ),
    },
    {
      key: "licence",
      title: t("library.licence"),
      sort: (row) => row.licence,
      search: (row) => row.licence,
      cell: (row) => row.licence || t("unknown"),
    },
    {
      key: "part",
      title: t("library.part"),
      from: "sm",
      sort: (row) => row.part,
      cell: (row) => t(row.part === "web" ? "library.web" : "library.server"),
    },
  ];
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("library.hint")}
      </Text>
      <DataTable
        label={t("view.licences")}
        columns={columns}
        rows={data}
        error={error}
        onRetry={refetch}
        rowKey={(row) => `${row.part} ${row.name} ${row.version}`}
        pageSize={50}
        name="l"
        empty={<EmptyState icon={IconLicense} title={t("library.empty")} hint={t("library.emptyHint")} />}
      />
    </Stack>
  );
}

/** Those of the server, and those that the build of this app found in its bundle. */
async function load(): Promise<Library[]> {
  const [server, web] = await Promise.all([body(api.GET("/api/v1/admin/licences")), fetch("/licences.json")]);
  const inApp: components["schemas"]["Library"][] = web.ok ? await web.json() : [];
  return [
    ...server.data.map((library) => ({ ...library, part: "server" as const })),
    ...inApp.map((library) => ({ ...library, part: "web" as const })),
  ];
}
