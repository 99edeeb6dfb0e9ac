import { Anchor, Button, Group, NativeSelect, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, body } from "../../api/client";
import { useModels } from "../../api/models";
import { CodeBlock } from "../../components/code-block";
import { Page } from "../../components/page";
import { helloCall } from "../../components/snippet";
import { Snippets } from "../../components/snippets";
import { compact, money, number } from "../../i18n/format";
import { useMay, useMe } from "../../session/me";
import { Checklist } from "./checklist";
import { ConnectModel } from "./connect-model";
import { useActiveKeys, useTotals } from "./data";
import { Step } from "./step";
import { useStart } from "./texts";

export default function StartPage() {
  const t = useStart();
  const { user } = useMe();
  const [newKey, setNewKey] = useState<string | null>(null);
  const name = user.name.split(" ")[0] || user.email;
  return (
    <Page title={t("welcome", { name })} description={t("description")} width={920}>
      <Stack gap="md">
        <Checklist />
        <Totals />
        <ConnectModel />
        <MakeKey newKey={newKey} onMade={setNewKey} />
        <FirstCall newKey={newKey} />
      </Stack>
    </Page>
  );
}

function Totals() {
  const t = useStart();
  const { data: total } = useTotals();
  if (!total || total.calls === 0) return null;
  const figures = [
    [t("calls"), number(total.calls)],
    [t("tokens"), compact(total.input_tokens + total.output_tokens)],
    [t("cost"), money(total.cost_nano_usd)],
    [t("errors"), number(total.errors)],
  ] as const;
  return (
    <section>
      <Title order={2} mb="xs">
        {t("usage")}
      </Title>
      <SimpleGrid cols={{ base: 2, xs: 4 }} spacing="sm">
        {figures.map(([label, value]) => (
          <Paper key={label} px="md" py="sm" radius="lg">
            <Text size="xs" c="dimmed">
              {label}
            </Text>
            <Text size="xl" fw={600} className="tabular truncate">
              {value}
            </Text>
          </Paper>
        ))}
      </SimpleGrid>
    </section>
  );
}

interface KeyProps {
  newKey: string | null;
  onMade: (key: string) => void;
}

function MakeKey({ newKey, onMade }: KeyProps) {
  const t = useStart();
  const may = useMay();
  const client = useQueryClient();
  const { data: keys } = useActiveKeys();
  const creation = useMutation({
    mutationFn: () => body(api.POST("/api/v1/keys", { body: { name: t("key.name") } })),
    onSuccess: (made) => {
      onMade(made.key);
      void client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  const count = keys?.length ?? 0;
  const button = (
    <Button
      variant={count > 0 ? "default" : "filled"}
      loading={creation.isPending}
      onClick={() => creation.mutate()}
    >
      {count > 0 ? t("key.another") : t("key.create")}
    </Button>
  );
  return (
    <Step number={2} title={t("key.title")} hint={t("key.hint")} isDone={count > 0}>
      {newKey && (
        <>
          <Text size="sm">{t("key.once")}</Text>
          <CodeBlock code={newKey} label={t("key.label")} wrap />
        </>
      )}
      <Group gap="sm">
        {may("keys:write") && !newKey && button}
        {may("keys:read") && count > 0 && (
          <Text size="sm" c="dimmed">
            {t("key.have", { count })}{" "}
            <Anchor component={Link} to="/keys" inherit underline="always">
              {t("key.all")}
            </Anchor>
          </Text>
        )}
      </Group>
    </Step>
  );
}

function FirstCall({ newKey }: { newKey: string | null }) {
  const t = useStart();
  const may = useMay();
  const { data: total } = useTotals();
  const { data: models } = useModels();
  const [model, setModel] = useState(helloCall.model);
  const isDone = (total?.calls ?? 0) > 0;
  const chat = models?.filter(({ mode }) => mode === undefined || mode === "chat").map(({ id }) => id);
  return (
    <Step number={3} title={t("call.title")} hint={t("call.hint")} isDone={isDone}>
      <NativeSelect
        label={t("call.model")}
        maw={320}
        data={chat ?? [model]}
        value={model}
        onChange={(event) => setModel(event.currentTarget.value)}
      />
      <Snippets call={{ ...helloCall, model }} apiKey={newKey ?? undefined} />
      {!newKey && (
        <Text size="sm" c="dimmed">
          {t("call.placeholder")}
        </Text>
      )}
      <Group justify="space-between" gap="xs">
        {may("usage:read") && (
          <Text size="sm" role="status" c={isDone ? "var(--app-accent-text)" : "dimmed"}>
            {isDone ? t("call.arrived") : t("call.waiting")}
          </Text>
        )}
        {may("models:use") && (
          <Anchor component={Link} to="/playground" size="sm" underline="always">
            {t("call.playground")}
          </Anchor>
        )}
      </Group>
    </Step>
  );
}
