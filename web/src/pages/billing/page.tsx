import { Anchor, Badge, Group, Paper, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { Figure } from "../../components/figure";
import { Meter } from "../../components/meter";
import { Page } from "../../components/page";
import { Pending } from "../../components/pending";
import { type Plan, usePlanRules } from "../../components/rules/plan-words";
import { useRules } from "../../components/rules/texts";
import { useScopeName } from "../../components/rules/words";
import { compact, date, money, number } from "../../i18n/format";
import { useMay, useMe } from "../../session/me";
import { type Meter as MeterOf, type Overview, useOverview, usePlans } from "./data";
import { Statements } from "./statements";
import { useBilling } from "./texts";

export default function BillingPage() {
  const t = useBilling();
  const overview = useOverview();
  return (
    <Page title={t("title")} description={t("description")}>
      <Stack gap="xl">
        {overview.error && <FailureNotice error={overview.error} onRetry={overview.refetch} />}
        {overview.isPending && <Pending rows={4} />}
        {overview.data && (
          <>
            <Present overview={overview.data} />
            <Meters meters={overview.data.meters} />
          </>
        )}
        <Statements />
        {overview.data && <Plans present={overview.data.plan.id} />}
      </Stack>
    </Page>
  );
}

function usePrice(): (plan: Plan) => string {
  const t = useBilling();
  return ({ price_nano_usd: price }) => (price === 0 ? t("free") : t("price", { amount: money(price) }));
}

function Present({ overview: { plan, seats, month } }: { overview: Overview }) {
  const t = useBilling();
  const price = usePrice();
  return (
    <SimpleGrid cols={{ base: 1, xs: 3 }} spacing="sm">
      <Figure label={t("present")} value={plan.title} note={price(plan)} />
      <Figure
        label={t("seats")}
        value={number(seats.used)}
        note={
          seats.max == null
            ? t("seatsAny", { used: number(seats.used) })
            : t("seatsOf", { used: number(seats.used), max: number(seats.max) })
        }
      />
      <Figure
        label={t("month")}
        value={money(month.cost_nano_usd)}
        note={`${t("requests", { requests: number(month.requests) })}, ${t("tokens", { tokens: compact(month.tokens) })}`}
      />
    </SimpleGrid>
  );
}

function Meters({ meters }: { meters: MeterOf[] }) {
  const t = useBilling();
  const may = useMay();
  return (
    <section>
      <Title order={2} mb="xs">
        {t("meters")}
      </Title>
      {meters.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t("noMeters")}{" "}
          {may("limits:write") && (
            <Anchor component={Link} to="/settings?tab=budgets" inherit underline="always">
              {t("toBudgets")}
            </Anchor>
          )}
        </Text>
      ) : (
        <Paper radius="lg">
          {meters.map((meter) => (
            <MeterLine key={meter.id} meter={meter} />
          ))}
        </Paper>
      )}
    </section>
  );
}

function MeterLine({ meter }: { meter: MeterOf }) {
  const t = useBilling();
  const rule = useRules();
  const scopeName = useScopeName();
  const amount = (value: number) =>
    meter.unit === "nano_usd" ? money(value) : t("tokens", { tokens: compact(value) });
  const whose = scopeName(meter.scope, meter.scope_id);
  return (
    <Stack gap={4} px="md" py="sm">
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {whose}
            {meter.model && ` · ${meter.model}`}
          </Text>
          {meter.from_plan && <Badge color="gray">{t("ofPlan")}</Badge>}
        </Group>
        <Text size="xs" c="dimmed" className="tabular">
          {t("used", { used: amount(meter.used), max: amount(meter.max) })} / {rule(`period.${meter.period}`)}
          {meter.to && ` · ${t("until", { date: date(meter.to) })}`}
        </Text>
      </Group>
      <Meter label={whose} percent={meter.used_percent ?? 100} />
    </Stack>
  );
}

function Plans({ present }: { present: string }) {
  const t = useBilling();
  const { is_instance_owner: isOwner } = useMe();
  const plans = usePlans();
  return (
    <section>
      <Title order={2} mb={2}>
        {t("plans")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm">
        {isOwner ? t("changeSelf") : t("change")}{" "}
        {isOwner && (
          <Anchor component={Link} to="/administration" inherit underline="always">
            {t("toAdministration")}
          </Anchor>
        )}
      </Text>
      {plans.error && <FailureNotice error={plans.error} onRetry={plans.refetch} />}
      {plans.isPending && <Pending rows={3} />}
      <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }} spacing="sm">
        {plans.data?.map((plan) => (
          <PlanCard key={plan.id} plan={plan} isPresent={plan.id === present} />
        ))}
      </SimpleGrid>
    </section>
  );
}

function PlanCard({ plan, isPresent }: { plan: Plan; isPresent: boolean }) {
  const t = useBilling();
  const price = usePrice();
  const rulesOf = usePlanRules();
  const rules = rulesOf(plan);
  const lines = [
    ...(rules.length > 0 ? rules : [t("unlimited")]),
    plan.seats == null ? t("anySeats") : t("seatCount", { count: plan.seats }),
    ...(plan.api_requests_per_minute == null
      ? []
      : [t("api", { requests: number(plan.api_requests_per_minute) })]),
    t("retention", { count: plan.retention_days }),
  ];
  return (
    <Paper
      p="md"
      radius="lg"
      style={isPresent ? { borderColor: "var(--app-accent-text)" } : undefined}
      aria-current={isPresent || undefined}
    >
      <Group justify="space-between" mb={2}>
        <Title order={3}>{plan.title}</Title>
        {isPresent && <Badge>{t("present")}</Badge>}
      </Group>
      <Text size="sm" fw={600}>
        {price(plan)}
      </Text>
      <Text size="sm" c="dimmed" mb="xs">
        {plan.description}
      </Text>
      <Stack gap={4}>
        {lines.map((line) => (
          <Text key={line} size="sm">
            {line}
          </Text>
        ))}
      </Stack>
    </Paper>
  );
}
