import { Badge, Box, Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { IconPigMoney, IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { useCursorList } from "../../components/cursor-list";
import { type Column, DataTable } from "../../components/data-table";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Meter } from "../../components/meter";
import { Pending } from "../../components/pending";
import type { Budget } from "../../components/rules/rule";
import { RuleDialog } from "../../components/rules/rule-dialog";
import { useRules } from "../../components/rules/texts";
import { useRuleWords, useScopeName } from "../../components/rules/words";
import { ago, compact, dateTime, money } from "../../i18n/format";
import { useMay } from "../../session/me";
import { RuleMenu } from "./rule-menu";
import { useSettings } from "./texts";
import { Webhook } from "./webhook";

/** Budgets, the alerts that they led to, and the webhook that is told. */
export function Budgets() {
  return (
    <Stack gap="xl">
      <BudgetList />
      <Alerts />
      <Webhook />
    </Stack>
  );
}

function BudgetList() {
  const t = useSettings();
  const rule = useRules();
  const may = useMay();
  const [isAdding, setAdding] = useState(false);
  const list = useCursorList(["budgets"], (cursor) =>
    body(api.GET("/api/v1/budgets", { params: { query: { limit: 100, cursor } } })),
  );
  const columns = useColumns();
  const add = may("limits:write") && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
      {rule("form.addBudget")}
    </Button>
  );
  return (
    <Stack gap="sm" component="section">
      <Group justify="space-between" align="flex-start" gap="sm">
        <Text size="sm" c="dimmed" maw={640}>
          {t("budgets.hint")}
        </Text>
        {list.rows && list.rows.length > 0 && add}
      </Group>
      <DataTable
        name="b"
        label={t("budgets.title")}
        columns={columns}
        {...list}
        rowKey={(row) => row.id}
        empty={
          <EmptyState icon={IconPigMoney} title={t("budgets.empty")} hint={t("budgets.emptyHint")}>
            {add}
          </EmptyState>
        }
      />
      <RuleDialog isOpen={isAdding} kind="budget" onClose={() => setAdding(false)} />
    </Stack>
  );
}

/** What is used of each budget, by its id. Only the billing page's readers may know. */
function useUsed() {
  const may = useMay();
  return useQuery({
    queryKey: ["billing", "overview"],
    enabled: may("billing:read"),
    queryFn: () => body(api.GET("/api/v1/billing")),
  });
}

function useColumns(): Column<Budget>[] {
  const t = useSettings();
  const words = useRuleWords();
  const scopeName = useScopeName();
  const { data: overview } = useUsed();
  const meters = new Map(overview?.meters.map((meter) => [meter.id, meter]));
  const whose = (row: Budget) => scopeName(row.scope, row.scope_id);
  const used = (row: Budget) => {
    const meter = meters.get(row.id);
    if (!meter) return null;
    const text = t("budgets.used", {
      used: meter.unit === "nano_usd" ? money(meter.used) : compact(meter.used),
    });
    return <Meter label={`${whose(row)}: ${text}`} percent={meter.used_percent ?? 100} text={text} />;
  };
  return [
    { key: "whose", title: t("rule.whose"), sort: whose, search: whose, cell: whose },
    {
      key: "what",
      title: t("rule.what"),
      sort: words.budget,
      search: words.budget,
      cell: (row) => (
        <Stack gap={4}>
          {words.budget(row)}
          <Box hiddenFrom="sm">{used(row)}</Box>
        </Stack>
      ),
    },
    {
      key: "used",
      title: t("rule.used"),
      from: "sm",
      sort: (row) => meters.get(row.id)?.used_percent,
      cell: (row) => used(row) ?? "–",
    },
    {
      key: "actions",
      title: "",
      align: "right",
      cell: (row) => <RuleMenu rule={{ kind: "budget", rule: row }} />,
    },
  ];
}

function Alerts() {
  const t = useSettings();
  const rule = useRules();
  const scopeName = useScopeName();
  const list = useQuery({
    queryKey: ["alerts"],
    queryFn: async () => (await body(api.GET("/api/v1/alerts", { params: { query: { limit: 20 } } }))).data,
  });
  const amount = (unit: string, value: number) => (unit === "nano_usd" ? money(value) : compact(value));
  return (
    <section>
      <Title order={2} mb="xs">
        {t("alerts.title")}
      </Title>
      {list.error && <FailureNotice error={list.error} onRetry={list.refetch} />}
      {list.isPending && <Pending rows={2} />}
      {list.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("alerts.empty")}
        </Text>
      )}
      {list.data && list.data.length > 0 && (
        <Paper radius="lg">
          {list.data.map((alert) => (
            <Group key={alert.id} px="md" py="xs" justify="space-between" gap="xs">
              <Group gap="xs">
                <Badge color={alert.threshold >= 100 ? "red" : alert.threshold >= 80 ? "orange" : "yellow"}>
                  {t("alerts.reached", { threshold: alert.threshold })}
                </Badge>
                <Text size="sm">
                  {scopeName(alert.scope, alert.scope_id)}
                  {alert.model && ` · ${alert.model}`}
                </Text>
              </Group>
              <Text size="xs" c="dimmed" className="tabular" title={dateTime(alert.created_at)}>
                {t("alerts.of", {
                  spent: amount(alert.unit, alert.spent),
                  max: amount(alert.unit, alert.max),
                })}{" "}
                / {rule(`period.${alert.period}`)} · {ago(alert.created_at)}
              </Text>
            </Group>
          ))}
        </Paper>
      )}
    </section>
  );
}
