import { Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { previewExpression } from "../../../api/flows";
import type { Json } from "../../../flow/graph";
import { useGraph, usePins, useRun } from "../session";
import { useFlow } from "../texts";

/** The value with the data of the run that is shown, and with pinned data before it. */
export function LivePreview({ text, isBare }: { text: string; isBare: boolean }) {
  const t = useFlow();
  const run = useRun((view) => view.run);
  const nodes = useRun((view) => view.nodes);
  const pins = usePins();
  const variables = useGraph((graph) => graph.variables);
  const [settled] = useDebouncedValue(text, 300);
  const isExpression = isBare ? settled.trim() !== "" : settled.includes("{{");
  const hasData = run !== undefined || Object.keys(pins).length > 0;
  const preview = useQuery({
    queryKey: ["expression", run?.id, run?.status, pins, variables, settled],
    enabled: isExpression && hasData,
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: () => {
      const outputs: Record<string, Json> = {};
      for (const [id, work] of Object.entries(nodes)) {
        outputs[id] = { output: work.output ?? {}, status: work.status };
      }
      for (const [id, output] of Object.entries(pins)) outputs[id] = { output, status: "done" };
      return previewExpression(isBare ? `{{ ${settled} }}` : settled, {
        input: run?.input ?? {},
        nodes: outputs,
        vars: Object.fromEntries(variables.map(({ name, value }) => [name, value])),
      });
    },
  });
  if (!isExpression) return null;
  if (!hasData) {
    return (
      <Text size="xs" c="dimmed" mt={2}>
        {t("form.noData")}
      </Text>
    );
  }
  if (!preview.data) return null;
  const { value, error, why_empty: why } = preview.data;
  return (
    <Text
      size="xs"
      c={error ? "var(--mantine-color-error)" : "dimmed"}
      lineClamp={4}
      mt={2}
      role="status"
      ff={error ? undefined : "monospace"}
    >
      {error ? error.message : `= ${typeof value === "string" ? value : JSON.stringify(value)}`}
      {!error && why[0] ? ` (${why[0].message})` : ""}
      {!error && !why[0] && value === null ? ` (${t("form.empty")})` : ""}
    </Text>
  );
}
