import { Alert, Anchor, Badge, Group, Paper, SimpleGrid, Stack, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { Fact } from "../../components/fact";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { bytes, duration, number, span } from "../../i18n/format";
import { useAdministration } from "./texts";

type Facts = components["schemas"]["System"];

/** How the server fares, looked at every 15 seconds. */
export function System() {
  const system = useQuery({
    queryKey: ["administration", "system"],
    refetchInterval: 15_000,
    queryFn: () => body(api.GET("/api/v1/admin/system")),
  });
  if (system.error) return <FailureNotice error={system.error} onRetry={system.refetch} />;
  if (!system.data) return <Pending rows={6} />;
  const { problems } = system.data;
  return (
    <Stack gap="md">
      {problems.map((problem) => (
        <Alert key={problem} variant="light" color="red" role="alert">
          {problem}
        </Alert>
      ))}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
        <Program facts={system.data} />
        <Parts facts={system.data} />
      </SimpleGrid>
    </Stack>
  );
}

function Program({ facts }: { facts: Facts }) {
  const t = useAdministration();
  const isWell = facts.problems.length === 0;
  return (
    <Section
      title={t("health")}
      badge={<Badge color={isWell ? "petrol" : "red"}>{t(isWell ? "well" : "unwell")}</Badge>}
    >
      <Fact name={t("fact.version")}>{facts.version}</Fact>
      <Fact name={t("fact.uptime")}>{span(facts.uptime_s)}</Fact>
      <Fact name={t("fact.memory")}>
        {facts.memory_bytes == null ? t("unknown") : bytes(facts.memory_bytes)}
      </Fact>
      <Fact name={t("fact.processors")}>{number(facts.processors)}</Fact>
      <Group gap="md" mt="xs">
        <Anchor href="/api/docs" target="_blank" size="sm" underline="always">
          {t("docs")}
        </Anchor>
        <Anchor href="/metrics" target="_blank" size="sm" underline="always">
          {t("metrics")}
        </Anchor>
      </Group>
    </Section>
  );
}

function Parts({ facts }: { facts: Facts }) {
  const t = useAdministration();
  const { database, disk, sandbox } = facts;
  const kind = database.kind === "sqlite" ? "SQLite" : "PostgreSQL";
  const answer = database.answer_ms == null ? t("silent") : duration(database.answer_ms * 1_000);
  const room =
    disk.free_bytes == null || disk.total_bytes == null
      ? t("unknown")
      : t("room", { free: bytes(disk.free_bytes), total: bytes(disk.total_bytes) });
  return (
    <Section title={t("parts")}>
      <Fact name={t("fact.database")}>{t("answers", { kind, answer })}</Fact>
      <Fact name={t("fact.disk")}>{room}</Fact>
      <Fact name={t("fact.vectors")}>{facts.vectors === "qdrant" ? "Qdrant" : t("embedded")}</Fact>
      <Fact name={t("fact.mail")}>{facts.mail === "smtp" ? "SMTP" : t("outbox")}</Fact>
      <Fact name={t("fact.jail")}>{sandbox.jail}</Fact>
      <Fact name="Python">{sandbox.python}</Fact>
    </Section>
  );
}

function Section({ title, badge, children }: { title: string; badge?: ReactNode; children: ReactNode }) {
  return (
    <Paper p="md" radius="lg" component="section">
      <Group justify="space-between" mb="sm">
        <Title order={2}>{title}</Title>
        {badge}
      </Group>
      <Stack gap={6}>{children}</Stack>
    </Paper>
  );
}
