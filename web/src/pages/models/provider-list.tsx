import { Anchor, Badge, Button, Stack, Text } from "@mantine/core";
import { IconPlug } from "@tabler/icons-react";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { useUrlState } from "../../components/url-state";
import { duration, number, percent } from "../../i18n/format";
import { useMay } from "../../session/me";
import { type Provider, useHealth, useProviders } from "./data";
import { type ProviderState, stateOf } from "./model";
import { ProviderDetails } from "./provider-details";
import { useModelTexts } from "./texts";

/** The providers: those that can be used first. */
export function ProviderList() {
  const t = useModelTexts();
  const list = useProviders();
  const [open, setOpen] = useUrlState("open");
  const columns = useColumns(setOpen);
  const rows = list.data && [...list.data].sort((a, b) => Number(b.usable) - Number(a.usable));
  return (
    <>
      <DataTable
        label={t("view.providers")}
        columns={columns}
        rows={rows}
        error={list.error}
        onRetry={() => void list.refetch()}
        rowKey={(row) => row.id}
        onRow={(row) => setOpen(row.id)}
        pageSize={50}
        empty={<EmptyState icon={IconPlug} title={t("providersEmpty")} hint={t("providersEmptyHint")} />}
      />
      <ProviderDetails provider={rows?.find(({ id }) => id === open)} onClose={() => setOpen("")} />
    </>
  );
}

const colours: Record<ProviderState, string> = {
  connected: "petrol",
  configured: "petrol",
  keyless: "cyan",
  incomplete: "orange",
  missing: "gray",
};

export function ProviderBadge({ provider }: { provider: Provider }) {
  const t = useModelTexts();
  const state = stateOf(provider);
  return (
    <Badge color={colours[state]} miw="max-content">
      {t(`state.${state}`)}
    </Badge>
  );
}

function useColumns(open: (id: string) => void): Column<Provider>[] {
  const t = useModelTexts();
  const may = useMay();
  const { data: health } = useHealth();
  const columns: Column<Provider>[] = [
    {
      key: "provider",
      title: t("column.provider"),
      sort: (row) => row.title.toLocaleLowerCase(),
      search: (row) => `${row.title}\n${row.id}`,
      cell: (row) => (
        <Stack gap={0}>
          <Anchor
            component="button"
            type="button"
            fw={550}
            size="sm"
            ta="left"
            c="var(--mantine-color-text)"
            aria-label={t("open", { name: row.title })}
            onClick={(event) => {
              event.stopPropagation();
              open(row.id);
            }}
          >
            {row.title}
          </Anchor>
          <Text size="xs" c="dimmed" ff="monospace">
            {row.id}
          </Text>
        </Stack>
      ),
    },
    {
      key: "state",
      title: t("column.state"),
      sort: (row) => t(`state.${stateOf(row)}`),
      search: (row) => t(`state.${stateOf(row)}`),
      cell: (row) => <ProviderBadge provider={row} />,
    },
    {
      key: "models",
      title: t("column.models"),
      align: "right",
      from: "sm",
      sort: (row) => row.models,
      cell: (row) => number(row.models),
    },
  ];
  if (may("usage:read")) {
    columns.push(
      {
        key: "requests",
        title: t("column.requests"),
        align: "right",
        from: "md",
        sort: (row) => health?.get(row.id)?.requests ?? 0,
        cell: (row) => number(health?.get(row.id)?.requests ?? 0),
      },
      {
        key: "errors",
        title: t("column.errors"),
        align: "right",
        from: "sm",
        sort: (row) => errorRate(health?.get(row.id)),
        cell: (row) => {
          const rate = errorRate(health?.get(row.id));
          if (rate === null) return "–";
          return (
            <Text size="sm" className="tabular" c={rate >= 0.05 ? "var(--mantine-color-error)" : undefined}>
              {percent(rate)}
            </Text>
          );
        },
      },
      {
        key: "latency",
        title: t("column.latency"),
        align: "right",
        from: "md",
        sort: (row) => health?.get(row.id)?.latency_p95_ms,
        cell: (row) => {
          const time = health?.get(row.id)?.latency_p95_ms;
          return time == null ? "–" : duration(time * 1_000);
        },
      },
    );
  }
  if (may("credentials:write")) {
    columns.push({
      key: "connect",
      title: "",
      align: "right",
      from: "sm",
      cell: (row) =>
        !row.usable && (
          <Button size="compact-sm" variant="default" aria-label={t("connectTitle", { provider: row.title })}>
            {t("connect")}
          </Button>
        ),
    });
  }
  return columns;
}

function errorRate(figures: { errors: number; requests: number } | undefined): number | null {
  return figures && figures.requests > 0 ? figures.errors / figures.requests : null;
}
