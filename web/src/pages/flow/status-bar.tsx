import { ActionIcon, Anchor, Group } from "@mantine/core";
import { IconMaximize, IconMinus, IconPlus } from "@tabler/icons-react";
import { useReactFlow } from "@xyflow/react";
import { duration, money, number, percent } from "../../i18n/format";
import classes from "./flow.module.css";
import { useDraft, useGraph, useRun, useSession, useUi } from "./session";
import { useFlow } from "./texts";

/** Zoom, counts, problems, and what the last run took. */
export function StatusBar() {
  const t = useFlow();
  const { ui } = useSession();
  const flow = useReactFlow();
  const zoom = useUi((state) => state.zoom);
  const mode = useUi((state) => state.mode);
  const nodes = useGraph((graph) => graph.nodes.length);
  const edges = useGraph((graph) => graph.edges.length);
  const problems = useDraft(({ report }) => report.problems);
  const run = useRun((view) => view.run);
  const status = useRun((view) => view.status);
  const errors = problems.filter(({ severity }) => severity === "error").length;
  return (
    <div className={`${classes.foot} tabular`} role="region" aria-label={t("foot.title")}>
      {mode === "canvas" && (
        <Group gap={2}>
          <ActionIcon size="sm" aria-label={t("foot.zoomOut")} onClick={() => void flow.zoomOut()}>
            <IconMinus size={14} />
          </ActionIcon>
          <span style={{ minWidth: 40, textAlign: "center" }}>{percent(Math.round(zoom * 100) / 100)}</span>
          <ActionIcon size="sm" aria-label={t("foot.zoomIn")} onClick={() => void flow.zoomIn()}>
            <IconPlus size={14} />
          </ActionIcon>
          <ActionIcon
            size="sm"
            aria-label={t("foot.fit")}
            onClick={() => void flow.fitView({ padding: 0.2, maxZoom: 1 })}
          >
            <IconMaximize size={14} />
          </ActionIcon>
        </Group>
      )}
      <span>{t("foot.nodes", { count: nodes, number: number(nodes) })}</span>
      <span>{t("foot.edges", { count: edges, number: number(edges) })}</span>
      <Anchor
        component="button"
        type="button"
        fz={12}
        c={errors > 0 ? "var(--mantine-color-error)" : "dimmed"}
        onClick={() => ui.set({ drawer: "problems" })}
      >
        {problems.length === 0 ? t("foot.valid") : t("foot.problems", { count: problems.length })}
      </Anchor>
      {status && (
        <Anchor
          component="button"
          type="button"
          fz={12}
          c="dimmed"
          onClick={() => ui.set({ drawer: "runs" })}
        >
          {t("foot.run", { status: t(`run.${status}`) })}
          {run?.ended_at
            ? ` · ${duration(run.duration_us)} · ${number(run.tokens)} tok · ${money(run.nano_usd)}`
            : ""}
        </Anchor>
      )}
    </div>
  );
}
