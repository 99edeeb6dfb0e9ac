import { Button, Group, Stack, Text } from "@mantine/core";
import { IconGauge, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { api, body } from "../../api/client";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import type { Limit } from "../../components/rules/rule";
import { RuleDialog } from "../../components/rules/rule-dialog";
import { useRules } from "../../components/rules/texts";
import { useRuleWords, useScopeName } from "../../components/rules/words";
import { date } from "../../i18n/format";
import { useMay } from "../../session/me";
import { RuleMenu } from "./rule-menu";
import { useSettings } from "./texts";

/** Every limit that the organization set. */
export function Limits() {
  const t = useSettings();
  const rule = useRules();
  const may = useMay();
  const [isAdding, setAdding] = useState(false);
  const list = useCursorList(["limits"], (cursor) =>
    body(api.GET("/api/v1/limits", { params: { query: { limit: 100, cursor } } })),
  );
  const columns = useColumns();
  const add = may("limits:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
      {rule("form.addLimit")}
    </Button>
  );
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Text size="sm" c="dimmed" maw={640}>
          {t("limits.hint")} {t("limits.plan")}
        </Text>
        {list.rows && list.rows.length > 0 && add}
      </Group>
      <DataTable
        name="l"
        label={t("tab.limits")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState icon={IconGauge} title={t("limits.empty")} hint={t("limits.emptyHint")}>
            {add}
          </EmptyState>
        }
      />
      <RuleDialog isOpen={isAdding} kind="limit" onClose={() => setAdding(false)} />
    </Stack>
  );
}

function useColumns(): Column<Limit>[] {
  const t = useSettings();
  const words = useRuleWords();
  const scopeName = useScopeName();
  const whose = (row: Limit) => scopeName(row.scope, row.scope_id);
  return [
    { key: "whose", title: t("rule.whose"), sort: whose, search: whose, cell: whose },
    { key: "what", title: t("rule.what"), sort: words.limit, search: words.limit, cell: words.limit },
    {
      key: "set",
      title: t("rule.set"),
      from: "sm",
      sort: (row) => row.updated_at,
      cell: (row) => date(row.updated_at),
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) => <RuleMenu rule={{ kind: "limit", rule: row }} />,
    },
  ];
}
