import {
  Alert,
  Anchor,
  Button,
  Drawer,
  Group,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, body } from "../../api/client";
import { Fact } from "../../components/fact";
import { FailureNotice } from "../../components/failure-notice";
import { Figure } from "../../components/figure";
import { Pending } from "../../components/pending";
import { duration, money, number, percent } from "../../i18n/format";
import { useMay } from "../../session/me";
import { Credentials } from "./credentials";
import { type Probe, type Provider, useHealth, useProviderModels } from "./data";
import { catalogueRow, tokenPrice } from "./model";
import { ProviderBadge } from "./provider-list";
import { useModelTexts } from "./texts";

interface Props {
  provider: Provider | undefined;
  onClose: () => void;
}

/** One provider: its keys, a test, how it did lately, its models. */
export function ProviderDetails({ provider, onClose }: Props) {
  return (
    <Drawer
      opened={provider !== undefined}
      onClose={onClose}
      position="right"
      size={500}
      title={
        provider && (
          <Group gap="xs">
            <Text fw={600}>{provider.title}</Text>
            <ProviderBadge provider={provider} />
          </Group>
        )
      }
    >
      {provider && <Content provider={provider} />}
    </Drawer>
  );
}

function Content({ provider }: { provider: Provider }) {
  const t = useModelTexts();
  const may = useMay();
  return (
    <Stack gap="lg">
      {may("credentials:read") && <Credentials provider={provider} />}
      {may("credentials:write") && provider.usable && <Test provider={provider} />}
      {may("usage:read") && <Health provider={provider} />}
      <Stack gap={6}>
        <Fact name={t("provider.wire")}>{provider.kind}</Fact>
        <Anchor href={provider.docs_url} target="_blank" rel="noreferrer" size="sm" underline="always">
          <Group gap={4} component="span">
            {t("provider.docs")}
            <IconExternalLink size={14} />
          </Group>
        </Anchor>
      </Stack>
      <Known provider={provider} />
    </Stack>
  );
}

function Test({ provider }: { provider: Provider }) {
  const t = useModelTexts();
  const [model, setModel] = useState("");
  const test = useMutation({
    meta: { silent: true },
    mutationFn: () =>
      body(
        api.POST("/api/v1/providers/{id}/test", {
          params: { path: { id: provider.id } },
          body: model.trim() ? { model: model.trim() } : {},
        }),
      ),
  });
  return (
    <section>
      <Title order={3} mb={2}>
        {t("provider.test")}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {t("provider.testHint")}
      </Text>
      <Stack gap="sm">
        <Group gap="xs" align="flex-end">
          <TextInput
            flex="1 1 180px"
            label={t("provider.testModel")}
            placeholder={t("provider.testModelHint")}
            value={model}
            onChange={(event) => setModel(event.currentTarget.value)}
          />
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t("credentials.test")}
          </Button>
        </Group>
        {test.error && <FailureNotice error={test.error} />}
        {test.data && <ProbeResult probe={test.data} />}
      </Stack>
    </section>
  );
}

/** What a test found, with what to do about it. */
export function ProbeResult({ probe }: { probe: Probe }) {
  const t = useModelTexts();
  const values = {
    model: probe.model,
    latency: duration(probe.latency_ms * 1_000),
    cost: probe.cost_usd ? money(Number(probe.cost_usd) * 1e9) : "",
  };
  return (
    <Alert
      color={probe.ok ? "petrol" : "red"}
      variant="light"
      role="status"
      title={t(`verdict.${probe.verdict}`)}
    >
      <Text size="sm">{probe.message}</Text>
      <Text size="xs" c="dimmed" className="tabular">
        {probe.cost_usd ? t("probeCost", values) : t("probe", values)}
      </Text>
    </Alert>
  );
}

function Health({ provider }: { provider: Provider }) {
  const t = useModelTexts();
  const health = useHealth();
  const figures = health.data?.get(provider.id);
  return (
    <section>
      <Title order={3} mb="xs">
        {t("provider.health")}
      </Title>
      {health.error && <FailureNotice error={health.error} onRetry={health.refetch} />}
      {health.isPending && <Pending rows={1} height={62} />}
      {health.data && !figures && (
        <Text size="sm" c="dimmed">
          {t("provider.noHealth")}
        </Text>
      )}
      {figures && (
        <SimpleGrid cols={3} spacing="xs">
          <Figure label={t("provider.requests")} value={number(figures.requests)} />
          <Figure
            label={t("column.errors")}
            value={percent(figures.errors / Math.max(1, figures.requests))}
          />
          <Figure
            label={t("column.latency")}
            value={figures.latency_p95_ms == null ? "–" : duration(figures.latency_p95_ms * 1_000)}
          />
        </SimpleGrid>
      )}
    </section>
  );
}

function Known({ provider }: { provider: Provider }) {
  const t = useModelTexts();
  const list = useProviderModels(provider.id);
  const rows = list.data?.map(catalogueRow) ?? [];
  return (
    <section>
      <Group justify="space-between" mb="xs">
        <Title order={3}>{t("provider.models", { count: provider.models })}</Title>
        {provider.usable && (
          <Anchor component={Link} to={`/models?provider=${provider.id}`} size="sm" underline="always">
            {t("provider.see")}
          </Anchor>
        )}
      </Group>
      {list.error && <FailureNotice error={list.error} onRetry={list.refetch} />}
      {list.isPending && <Pending rows={3} height={22} />}
      <Stack gap={4}>
        {rows.slice(0, 200).map((row) => {
          const [input, output] = [tokenPrice(row, "input"), tokenPrice(row, "output")];
          return (
            <Group key={row.id} justify="space-between" wrap="nowrap" gap="xs">
              <Text size="xs" ff="monospace" style={{ overflowWrap: "anywhere" }}>
                {row.id}
              </Text>
              {input !== null && (
                <Text size="xs" c="dimmed" className="tabular" style={{ whiteSpace: "nowrap" }}>
                  {money(input)}
                  {output !== null && ` / ${money(output)}`}
                </Text>
              )}
            </Group>
          );
        })}
      </Stack>
    </section>
  );
}
