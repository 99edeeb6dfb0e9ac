import "@mantine/charts/styles.css";
import { BarChart, LineChart } from "@mantine/charts";
import { compact, duration, money } from "../../i18n/format";
import { currentLanguage } from "../../i18n/language";
import type { Step } from "./filter";
import { type Chart, type Metric, type Point, percentiles, rest, seriesKey } from "./series";

const colours = ["petrol.5", "blue.5", "orange.5", "grape.4", "yellow.5", "cyan.5", "pink.4"];

interface Props {
  label: string;
  step: Step;
  metric: Metric;
  stacked: Chart;
  lines: Point[];
  /** What a series is called. */
  nameOf: (series: string) => string;
}

/** The figures over time: stacked bars, or lines of latency. */
export default function UsageChart({ label, step, metric, stacked, lines, nameOf }: Props) {
  const format = (value: number) => say(metric, value);
  const axis = {
    h: 260,
    dataKey: "time",
    gridAxis: "x",
    tickLine: "none",
    withLegend: true,
    legendProps: { verticalAlign: "bottom" },
    xAxisProps: { tickFormatter: (time: string) => sayTime(time, step), minTickGap: 24 },
    yAxisProps: { width: 68, allowDecimals: metric === "cost" || metric === "latency" },
    tooltipAnimationDuration: 0,
  } as const;
  const name = { role: "img", "aria-label": label };
  if (metric === "latency") {
    return (
      <div {...name}>
        <LineChart
          {...axis}
          data={lines}
          curveType="linear"
          connectNulls={false}
          strokeWidth={2}
          valueFormatter={format}
          series={percentiles.map((one, index) => ({
            name: one,
            label: `${one.slice(1)} %`,
            color: ["petrol.5", "orange.5", "red.5"][index] ?? "gray.5",
          }))}
        />
      </div>
    );
  }
  return (
    <div {...name}>
      <BarChart
        {...axis}
        data={stacked.points}
        type="stacked"
        maxBarWidth={34}
        valueFormatter={format}
        barProps={{ isAnimationActive: false }}
        series={stacked.series.map((series, index) => ({
          name: seriesKey(index),
          label: nameOf(series),
          color: series === rest ? "gray.5" : (colours[index % colours.length] ?? "gray.5"),
        }))}
      />
    </div>
  );
}

function say(metric: Metric, value: number): string {
  if (metric === "cost") return money(value * 1e9);
  if (metric === "latency") return duration(value * 1_000);
  return compact(value);
}

/** Hours in the person's own time; days are those of UTC, as they are counted. */
function sayTime(time: string, step: Step): string {
  const form: Intl.DateTimeFormatOptions =
    step === "hour"
      ? { hour: "2-digit", minute: "2-digit" }
      : { day: "numeric", month: "short", timeZone: "UTC" };
  return new Intl.DateTimeFormat(currentLanguage(), form).format(new Date(time));
}
