import { Anchor, Badge, Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconCube } from "@tabler/icons-react";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { useUrlState } from "../../components/url-state";
import { compact, money } from "../../i18n/format";
import { useModelRows } from "./data";
import { type ModelRow, modeOf, tokenPrice } from "./model";
import { ModelDetails } from "./model-details";
import { useModelTexts } from "./texts";
import { useModelWords } from "./words";

/** Every model that can be called. */
export function ModelList({ toProviders }: { toProviders: () => void }) {
  const t = useModelTexts();
  const words = useModelWords();
  const { rows, error, onRetry } = useModelRows();
  const [open, setOpen] = useUrlState("model");
  const [mode, setMode] = useUrlState("mode");
  const [provider, setProvider] = useUrlState("provider");
  const columns = useColumns(setOpen);
  const shown = rows?.filter(
    (row) => (!mode || modeOf(row) === mode) && (!provider || row.provider === provider),
  );
  const modes = [...new Set(rows?.map((row) => modeOf(row)))].sort();
  const providers = [...new Set(rows?.map((row) => row.provider))].sort();
  const filters = (
    <>
      <Select
        w={150}
        aria-label={t("anyMode")}
        placeholder={t("anyMode")}
        clearable
        data={modes.map((value) => ({ value, label: words.mode(value) }))}
        value={mode || null}
        onChange={(value) => setMode(value ?? "")}
      />
      <Select
        w={160}
        aria-label={t("anyProvider")}
        placeholder={t("anyProvider")}
        clearable
        searchable
        data={providers.map((value) => ({ value, label: value === "gateway" ? t("alias") : value }))}
        value={provider || null}
        onChange={(value) => setProvider(value ?? "")}
      />
    </>
  );
  return (
    <>
      <DataTable
        label={t("title")}
        columns={columns}
        rows={shown}
        error={error}
        onRetry={onRetry}
        rowKey={(row) => row.id}
        onRow={(row) => setOpen(row.id)}
        filters={filters}
        empty={
          <EmptyState icon={IconCube} title={t("empty")} hint={t("emptyHint")}>
            <Button onClick={toProviders}>{t("toProviders")}</Button>
          </EmptyState>
        }
      />
      <ModelDetails row={rows?.find((row) => row.id === open)} onClose={() => setOpen("")} />
    </>
  );
}

function useColumns(open: (id: string) => void): Column<ModelRow>[] {
  const t = useModelTexts();
  const words = useModelWords();
  const price = (kind: "input" | "output"): Column<ModelRow> => ({
    key: kind,
    title: t(`column.${kind}`),
    align: "right",
    from: "sm",
    sort: (row) => tokenPrice(row, kind),
    cell: (row) => {
      const amount = tokenPrice(row, kind);
      return amount === null ? "–" : <span title={t("perMillion")}>{money(amount)}</span>;
    },
  });
  return [
    {
      key: "model",
      title: t("column.model"),
      sort: (row) => row.id.toLocaleLowerCase(),
      search: (row) => row.id,
      cell: (row) => (
        <Stack gap={0}>
          <Group gap={6}>
            <Anchor
              component="button"
              type="button"
              fw={550}
              size="sm"
              ta="left"
              c="var(--mantine-color-text)"
              aria-label={t("open", { name: row.id })}
              style={{ overflowWrap: "anywhere" }}
              onClick={(event) => {
                event.stopPropagation();
                open(row.id);
              }}
            >
              {row.id}
            </Anchor>
            {row.isAlias && (
              <Badge size="sm" title={t("aliasHint")}>
                {t("alias")}
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed" hiddenFrom="sm">
            {words.mode(modeOf(row))}
          </Text>
        </Stack>
      ),
    },
    {
      key: "mode",
      title: t("column.mode"),
      from: "sm",
      sort: (row) => words.mode(modeOf(row)),
      search: (row) => words.mode(modeOf(row)),
      cell: (row) => words.mode(modeOf(row)),
    },
    {
      key: "capabilities",
      title: t("column.capabilities"),
      from: "md",
      search: (row) => row.capabilities.map(words.capability).join("\n"),
      cell: (row) => <Capabilities words={row.capabilities.map(words.capability)} />,
    },
    {
      key: "context",
      title: t("column.context"),
      align: "right",
      from: "sm",
      sort: (row) => row.window,
      cell: (row) => (row.window === null ? "–" : compact(row.window)),
    },
    price("input"),
    price("output"),
  ];
}

/** The first few; all of them are in the details. */
function Capabilities({ words }: { words: string[] }) {
  const shown = words.slice(0, 3);
  return (
    <Group gap={4} title={words.join(", ")}>
      {shown.map((word) => (
        <Badge key={word} color="gray" size="sm">
          {word}
        </Badge>
      ))}
      {words.length > shown.length && (
        <Text size="xs" c="dimmed">
          +{words.length - shown.length}
        </Text>
      )}
    </Group>
  );
}
