import {
  ActionIcon,
  Badge,
  Button,
  Drawer,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { Confirm } from "../../components/confirm";
import { Fact } from "../../components/fact";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { RuleDialog } from "../../components/rules/rule-dialog";
import { useRules } from "../../components/rules/texts";
import { useRuleWords } from "../../components/rules/words";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { compact, dateTime, money, number } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useKeyRules, useKeyUsage } from "./data";
import { type ApiKey, statusOf } from "./key";
import { StatusBadge } from "./status-badge";
import { useKeys } from "./texts";

interface Props {
  apiKey: ApiKey | undefined;
  onClose: () => void;
}

/** One key: what it used, what it may, how to end it. */
export function KeyDetails({ apiKey, onClose }: Props) {
  return (
    <Drawer
      opened={apiKey !== undefined}
      onClose={onClose}
      position="right"
      size={440}
      title={
        apiKey && (
          <Group gap="xs">
            <Text fw={600}>{apiKey.name}</Text>
            <StatusBadge apiKey={apiKey} />
          </Group>
        )
      }
    >
      {apiKey && <Content apiKey={apiKey} />}
    </Drawer>
  );
}

function Content({ apiKey }: { apiKey: ApiKey }) {
  const t = useKeys();
  const common = useCommon();
  const may = useMay();
  return (
    <Stack gap="lg">
      {may("usage:read") && <UsageFigures keyId={apiKey.id} />}
      <section>
        <Title order={3} mb="xs">
          {t("detail.about")}
        </Title>
        <Stack gap={6}>
          <Fact name={t("column.key")}>
            <Text size="sm" ff="monospace">
              {apiKey.prefix}…{apiKey.last_four}
            </Text>
          </Fact>
          <Fact name={t("detail.created")}>{dateTime(apiKey.created_at)}</Fact>
          <Fact name={t("column.used")}>
            {apiKey.last_used_at ? dateTime(apiKey.last_used_at) : common("never")}
          </Fact>
          <Fact name={t("detail.expires")}>
            {apiKey.expires_at ? dateTime(apiKey.expires_at) : common("never")}
          </Fact>
          <Fact name={t("form.models")}>
            {apiKey.models.length > 0 ? <Words words={apiKey.models} /> : t("allModels")}
          </Fact>
          {apiKey.endpoints.length > 0 && (
            <Fact name={t("form.endpoints")}>
              <Words words={apiKey.endpoints} />
            </Fact>
          )}
          {apiKey.tags.length > 0 && (
            <Fact name={t("form.tags")}>
              <Words words={apiKey.tags} />
            </Fact>
          )}
        </Stack>
      </section>
      {may("limits:read") && <Rules keyId={apiKey.id} />}
      {may("keys:write") && statusOf(apiKey) !== "revoked" && <Revoke apiKey={apiKey} />}
    </Stack>
  );
}

function Revoke({ apiKey }: { apiKey: ApiKey }) {
  const t = useKeys();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const revocation = useMutation({
    mutationFn: () =>
      body(
        api.PATCH("/api/v1/keys/{id}", {
          params: { path: { id: apiKey.id } },
          body: { revoked: true },
        }),
      ),
    onSuccess: () => {
      setAsking(false);
      showDone(t("detail.revoked", { name: apiKey.name }));
      return client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <>
      <Button color="red" variant="light" onClick={() => setAsking(true)}>
        {t("detail.revoke")}
      </Button>
      <Confirm
        isOpen={isAsking}
        title={t("detail.revokeTitle", { name: apiKey.name })}
        hint={t("detail.revokeHint")}
        confirm={t("detail.revoke")}
        isBusy={revocation.isPending}
        onConfirm={() => revocation.mutate()}
        onClose={() => setAsking(false)}
      />
    </>
  );
}

function UsageFigures({ keyId }: { keyId: string }) {
  const t = useKeys();
  const { data, error } = useKeyUsage(true);
  if (error) return <FailureNotice error={error} />;
  if (!data) return <Pending rows={1} height={62} />;
  const used = data.get(keyId);
  const figures = [
    [t("detail.requests"), number(used?.requests ?? 0)],
    [t("detail.errors"), number(used?.errors ?? 0)],
    [t("detail.tokens"), compact((used?.input_tokens ?? 0) + (used?.output_tokens ?? 0))],
    [t("detail.cost"), money(used?.cost_nano_usd ?? 0)],
  ] as const;
  return (
    <section>
      <Title order={3} mb="xs">
        {t("detail.usage")}
      </Title>
      <SimpleGrid cols={4} spacing="xs">
        {figures.map(([name, value]) => (
          <Paper key={name} px="xs" py={6}>
            <Text size="xs" c="dimmed">
              {name}
            </Text>
            <Text fw={600} className="tabular truncate">
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
    </section>
  );
}

function Rules({ keyId }: { keyId: string }) {
  const t = useKeys();
  const may = useMay();
  const rules = useKeyRules(keyId);
  const client = useQueryClient();
  const removal = useMutation({
    mutationFn: ({ kind, id }: { kind: "limits" | "budgets"; id: string }) => {
      const params = { path: { id } };
      return kind === "limits"
        ? body(api.DELETE("/api/v1/limits/{id}", { params }))
        : body(api.DELETE("/api/v1/budgets/{id}", { params }));
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["rules", keyId] }),
  });
  const say = useRuleWords();
  const rule = useRules();
  const [adding, setAdding] = useState<"limit" | "budget" | null>(null);
  const rows = [
    ...(rules.data?.limits ?? []).map((one) => ({
      kind: "limits" as const,
      id: one.id,
      what: say.limit(one),
    })),
    ...(rules.data?.budgets ?? []).map((one) => ({
      kind: "budgets" as const,
      id: one.id,
      what: say.budget(one),
    })),
  ];
  return (
    <section>
      <Title order={3} mb="xs">
        {t("detail.limits")}
      </Title>
      {rules.error && <FailureNotice error={rules.error} />}
      {rules.isPending && <Pending rows={2} height={24} />}
      {rules.data && rows.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("detail.noLimits")}
        </Text>
      )}
      {rows.map((row) => (
        <Group key={row.id} justify="space-between" wrap="nowrap">
          <Text size="sm">{row.what}</Text>
          {may("limits:write") && (
            <ActionIcon
              aria-label={t("detail.remove", { what: row.what })}
              onClick={() => removal.mutate(row)}
            >
              <IconTrash size={15} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {may("limits:write") && rules.data && (
        <Group gap="xs" mt="xs">
          <Button size="compact-sm" variant="default" onClick={() => setAdding("limit")}>
            {rule("form.addLimit")}
          </Button>
          <Button size="compact-sm" variant="default" onClick={() => setAdding("budget")}>
            {rule("form.addBudget")}
          </Button>
        </Group>
      )}
      <RuleDialog
        isOpen={adding !== null}
        kind={adding ?? "limit"}
        whose={{ scope: "key", id: keyId }}
        onClose={() => setAdding(null)}
      />
    </section>
  );
}

function Words({ words }: { words: string[] }) {
  return (
    <Group gap={4}>
      {words.map((word) => (
        <Badge key={word} color="gray" ff="monospace">
          {word}
        </Badge>
      ))}
    </Group>
  );
}
