import {
  Alert,
  Button,
  Center,
  Group,
  Paper,
  Select,
  SimpleGrid,
  Skeleton,
  Stack,
  Text,
} from "@mantine/core";
import { IconChartBar } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { lazy, Suspense } from "react";
import { EmptyState } from "../../components/empty-state";
import { FailureNotice } from "../../components/failure-notice";
import { Figure } from "../../components/figure";
import { Pending } from "../../components/pending";
import { useUrlState } from "../../components/url-state";
import { compact, duration, money, number, percent } from "../../i18n/format";
import { Breakdown } from "./breakdown";
import { useReport, type View } from "./data";
import { bucketsOf, type Dimension, dimensions, filters, stepOf } from "./filter";
import { useGroupNames } from "./names";
import {
  errorRate,
  type Figures,
  latencies,
  type Metric,
  metrics,
  rest,
  type SummaryRow,
  stack,
} from "./series";
import { useUsage } from "./texts";

const UsageChart = lazy(() => import("./chart"));

interface Props {
  view: View;
  dimension: Dimension;
  setDimension: (dimension: string) => void;
}

/** Totals, the chart, and the table of groups. */
export function Report({ view, dimension, setDimension }: Props) {
  const t = useUsage();
  const [word, setMetric] = useUrlState("metric");
  const groups = useReport(view, dimension);
  if (groups.error) return <FailureNotice error={groups.error} onRetry={groups.refetch} />;
  if (!groups.data) return <Pending rows={8} />;
  if (groups.data.total.requests === 0) return <Nothing view={view} />;
  // Models without a price, such as those of one's own, cost nothing that could be drawn.
  const first = groups.data.total.cost_nano_usd > 0 ? "cost" : "calls";
  const metric = metrics.find((one) => one === word) ?? first;
  return (
    <Stack gap="md">
      <Totals total={groups.data.total} metric={metric} setMetric={setMetric} />
      <Paper radius="lg" p="md">
        <Group justify="flex-end" mb="xs">
          <Select
            size="xs"
            w={190}
            aria-label={t("by")}
            allowDeselect={false}
            value={dimension}
            onChange={(value) => value && setDimension(value)}
            data={dimensions.map((value) => ({ value, label: `${t("by")}: ${t(`filter.${value}`)}` }))}
          />
        </Group>
        <OverTime view={view} metric={metric} dimension={dimension} />
      </Paper>
      {groups.data.truncated && <Alert variant="light">{t("truncated")}</Alert>}
      <Breakdown view={view} dimension={dimension} rows={groups.data.data} />
    </Stack>
  );
}

function Nothing({ view }: { view: View }) {
  const t = useUsage();
  const isNarrowed = filters.some((filter) => view.filters[filter]) || view.period.range !== "30d";
  return (
    <Paper radius="lg">
      <EmptyState
        icon={IconChartBar}
        title={t(isNarrowed ? "nothing" : "empty")}
        hint={t(isNarrowed ? "nothingHint" : "emptyHint")}
      >
        {!isNarrowed && (
          <Button component={Link} to="/playground">
            {t("toPlayground")}
          </Button>
        )}
      </EmptyState>
    </Paper>
  );
}

interface TotalsProps {
  total: Figures;
  metric: Metric;
  setMetric: (metric: string) => void;
}

/** The totals, each of which chooses what the chart shows. */
function Totals({ total, metric, setMetric }: TotalsProps) {
  const t = useUsage();
  const rate = errorRate(total);
  const cost =
    total.unpriced_requests > 0
      ? t("note.unpriced", { count: total.unpriced_requests })
      : t("note.saved", { amount: money(total.saved_nano_usd) });
  const time = (value: number | null | undefined) => (value == null ? "–" : duration(value * 1_000));
  const figures: Record<Metric, { value: string; note: string }> = {
    cost: { value: money(total.cost_nano_usd), note: cost },
    calls: { value: number(total.calls), note: t("note.attempts", { attempts: number(total.requests) }) },
    tokens: {
      value: compact(total.input_tokens + total.output_tokens),
      note: t("note.tokens", { input: compact(total.input_tokens), output: compact(total.output_tokens) }),
    },
    errors: {
      value: number(total.errors),
      note: t("note.errorRate", { rate: rate === null ? "–" : percent(rate) }),
    },
    latency: {
      value: time(total.latency_p50_ms),
      note: t("note.latency", { p95: time(total.latency_p95_ms) }),
    },
  };
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, md: 5 }} spacing="sm" role="group" aria-label={t("metric.label")}>
      {metrics.map((one) => (
        <Figure
          key={one}
          label={t(`metric.${one}`)}
          {...figures[one]}
          choice={{ isChosen: one === metric, choose: () => setMetric(one) }}
        />
      ))}
    </SimpleGrid>
  );
}

interface OverTimeProps {
  view: View;
  metric: Metric;
  dimension: Dimension;
}

function OverTime({ view, metric, dimension }: OverTimeProps) {
  const t = useUsage();
  const nameOf = useGroupNames();
  const step = stepOf(view.period);
  const report = useReport(view, metric === "latency" ? step : `${step},${dimension}`);
  if (report.error) return <FailureNotice error={report.error} onRetry={report.refetch} />;
  if (!report.data) return <Skeleton h={260} />;
  const buckets = bucketsOf(view.period, Date.now());
  const timeOf = (row: SummaryRow) => row[step] ?? "";
  const groupOf = (row: SummaryRow) => row[dimension] ?? "";
  const isLatency = metric === "latency";
  const stacked = stack(report.data.data, buckets, timeOf, groupOf, isLatency ? "calls" : metric);
  if (stacked.series.length === 0) {
    return (
      <Center h={260}>
        <Text size="sm" c="dimmed">
          {t(metric === "errors" ? "noErrors" : "noAmount")}
        </Text>
      </Center>
    );
  }
  const label = isLatency
    ? t("latencyChart")
    : t("chart", { metric: t(`metric.${metric}`), dimension: t(`filter.${dimension}`) });
  return (
    <Suspense fallback={<Skeleton h={260} />}>
      <UsageChart
        label={label}
        step={step}
        metric={metric}
        stacked={stacked}
        lines={isLatency ? latencies(report.data.data, buckets, timeOf) : []}
        nameOf={(series) => (series === rest ? t("rest") : nameOf(dimension, series))}
      />
    </Suspense>
  );
}
