import { Badge, Button, Group, Paper, Progress, Text, Title } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { isOver } from "../../../flow/run-state";
import { usePreference } from "../../../session/preferences";
import { useDraft, useGraph, useIsEditable, useRun, useUi } from "../session";
import { useTourTexts } from "./texts";
import classes from "./tour.module.css";

/** The five steps, and what each points at. */
const steps = [
  { key: "add", at: "palette" },
  { key: "connect", at: "canvas" },
  { key: "set", at: "panel" },
  { key: "run", at: "run" },
  { key: "publish", at: "publish" },
] as const;

/** Milliseconds for which a step that was done is shown as such. */
const pause = 900;

/**
 * The tour of the editor: five steps, each of which ends by itself when it is done. Where a person is in
 * it is kept on the server, so that it goes on in another flow and on another device.
 */
export function Tour() {
  const { value, isKnown, set } = usePreference("editor.tour");
  const isEditable = useIsEditable();
  const { tour } = useSearch({ strict: false }) as { tour?: unknown };
  const wish = useRef(tour !== undefined);
  useEffect(() => {
    // Whoever has seen or skipped it is not asked again; the help begins it anew.
    if (!wish.current || !isKnown) return;
    wish.current = false;
    if (!value) set({ state: "running", step: 0 });
  }, [isKnown, value, set]);
  if (!isEditable || value?.state !== "running") return null;
  const step = Math.min(Math.max(value.step, 0), steps.length - 1);
  return (
    <StepCard
      key={step}
      step={step}
      onGo={(next) =>
        set(next < steps.length ? { state: "running", step: next } : { state: "done", step: steps.length })
      }
      onSkip={() => set({ state: "skipped", step })}
    />
  );
}

/** Whether what the step asks for was done since it is shown. */
function useIsDone(key: (typeof steps)[number]["key"]): boolean {
  const nodes = useGraph((graph) => graph.nodes.length);
  const edges = useGraph((graph) => graph.edges.length);
  const chosen = useUi((ui) => (ui.selection.nodes.length === 1 ? ui.selection.nodes[0] : undefined));
  const status = useRun((view) => view.status);
  const version = useDraft(({ flow }) => flow.latest_version);
  const [before] = useState({ nodes, edges, chosen, version });
  const wasOver = useRef(status !== undefined && isOver(status));
  if (status !== undefined && !isOver(status)) wasOver.current = false;
  switch (key) {
    case "add":
      return nodes > before.nodes;
    case "connect":
      return edges > before.edges;
    case "set":
      return chosen !== undefined && chosen !== before.chosen;
    case "run":
      return status !== undefined && isOver(status) && !wasOver.current;
    case "publish":
      return version > before.version;
  }
}

interface CardProps {
  step: number;
  onGo: (step: number) => void;
  onSkip: () => void;
}

function StepCard({ step, onGo, onSkip }: CardProps) {
  const t = useTourTexts();
  const { key, at } = steps[step] ?? steps[0];
  const isDone = useIsDone(key);
  const isLast = step === steps.length - 1;
  const isDialog = useUi(
    (ui) => ui.dialog !== undefined || ui.drawer !== undefined || ui.picker !== undefined,
  );
  const go = useRef(onGo);
  go.current = onGo;
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => go.current(step + 1), pause);
    return () => clearTimeout(timer);
  }, [isDone, step]);
  const isSmall = window.matchMedia("(max-width: 62em)").matches;
  const values = { step: step + 1, all: steps.length };
  return (
    <>
      {!isDialog && <Ring at={at} />}
      <Paper
        component="section"
        className={classes.card}
        shadow="lg"
        radius="lg"
        p="md"
        withBorder
        aria-label={t("title")}
        data-step={key}
      >
        <Progress
          value={((step + (isDone ? 1 : 0)) / steps.length) * 100}
          size={4}
          mb="xs"
          aria-label={t("count", values)}
        />
        <Group justify="space-between" gap="xs" mb={2}>
          <Text size="xs" c="dimmed">
            {t("count", values)}
          </Text>
          {isDone && (
            <Badge leftSection={<IconCheck size={12} aria-hidden />} color="teal">
              {t("done")}
            </Badge>
          )}
        </Group>
        <div aria-live="polite">
          <Title order={2} size="h3" mb={4}>
            {t(`step.${key}.title`)}
          </Title>
          <Text size="sm" mb="sm">
            {t(`step.${key}.${isSmall ? "small" : "text"}`)}
          </Text>
        </div>
        <Group gap="xs" justify="space-between">
          <Button size="compact-sm" variant="subtle" color="gray" onClick={onSkip}>
            {t("skip")}
          </Button>
          <Group gap="xs">
            {step > 0 && (
              <Button size="compact-sm" variant="default" onClick={() => onGo(step - 1)}>
                {t("back")}
              </Button>
            )}
            <Button size="compact-sm" onClick={() => onGo(step + 1)}>
              {t(isLast ? "finish" : "next")}
            </Button>
          </Group>
        </Group>
      </Paper>
    </>
  );
}

/** A frame around what the step speaks of, as long as that is on the page. */
function Ring({ at }: { at: string }) {
  const [box, setBox] = useState<{ left: number; top: number; width: number; height: number }>();
  useEffect(() => {
    const look = () => {
      const target = document.querySelector(`[data-tour="${at}"]`)?.getBoundingClientRect();
      setBox((before) => {
        if (!target || target.width === 0) return undefined;
        const { left, top, width, height } = target;
        const isSame =
          before?.left === left && before.top === top && before.width === width && before.height === height;
        return isSame ? before : { left, top, width, height };
      });
    };
    look();
    const timer = setInterval(look, 250);
    return () => clearInterval(timer);
  }, [at]);
  if (!box) return null;
  return <div className={classes.ring} style={box} aria-hidden />;
}
