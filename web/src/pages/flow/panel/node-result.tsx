import { Button, Group, Select, Stack, Text, Title } from "@mantine/core";
import { IconPlayerPlay, IconRotateClockwise } from "@tabler/icons-react";
import { useState } from "react";
import type { NodeRun } from "../../../api/flows";
import { runs } from "../../../api/flows";
import { Answer } from "../../../flow/answer";
import { duration, money, number } from "../../../i18n/format";
import { NodeFailureNotice } from "../run/failure";
import { GatewayRequests } from "../run/gateway-requests";
import { forkFrom, retryRun, runNode } from "../run/start";
import { useRun, useSession } from "../session";
import { useFlow } from "../texts";
import { Comparison } from "./comparison";
import { DataEditor } from "./data-editor";
import { PassedOverNotice } from "./passed-over";
import { PinnedData } from "./pinned-data";
import { usePin } from "./texts";
import { ValueView } from "./value-view";

/** What the node got, gave, wrote and cost in the run that is shown. */
export function NodeResult({ id }: { id: string }) {
  const t = useFlow();
  const session = useSession();
  const steps = useRun((view) => view.steps).filter((step) => step.node === id);
  const work = useRun((view) => view.nodes[id]);
  const run = useRun((view) => view.run);
  const pin = usePin();
  const [isEditing, setEditing] = useState(false);
  const [chosen, setChosen] = useState<string | null>(null);
  const step = steps.find((one) => one.iteration === chosen) ?? steps.at(-1);
  const actions = session.mayRun && !session.isFrozen && (
    <Group gap="xs">
      <Button
        size="compact-xs"
        variant="light"
        leftSection={<IconPlayerPlay size={13} />}
        onClick={() => void runNode(session, id)}
      >
        {t("result.runNode")}
      </Button>
      {run?.status === "failed" && work?.status === "failed" && (
        <Button
          size="compact-xs"
          variant="light"
          leftSection={<IconRotateClockwise size={13} />}
          onClick={() => void retryRun(session)}
        >
          {t("result.retry")}
        </Button>
      )}
      {run && step && (
        <Button size="compact-xs" variant="default" onClick={() => void forkFrom(session, id)}>
          {t("result.fork")}
        </Button>
      )}
      {run && step && (
        <Button size="compact-xs" variant="default" onClick={() => setEditing(true)}>
          {pin("input.edit")}
        </Button>
      )}
    </Group>
  );
  if (isEditing && step && run) {
    return (
      <DataEditor
        name={pin("input.editor")}
        hint={pin("input.hint")}
        submit={pin("input.run")}
        initial={step.input}
        onCancel={() => setEditing(false)}
        onSubmit={(input) => {
          setEditing(false);
          void forkFrom(session, id, input);
        }}
      />
    );
  }
  if (!step) {
    const streamed = Object.entries(work?.streamed ?? {});
    return (
      <Stack gap="sm">
        {actions}
        <PinnedData key={id} node={id} output={work?.output} />
        {streamed.map(([port, text]) => (
          <Text key={port} size="sm" style={{ whiteSpace: "pre-wrap" }}>
            {text}
          </Text>
        ))}
        {streamed.length === 0 && run && <PassedOverNotice id={id} />}
        {streamed.length === 0 && !run && (
          <Text size="sm" c="dimmed">
            {t("result.none")}
          </Text>
        )}
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      {actions}
      <PinnedData key={id} node={id} output={step.status === "done" ? step.output : undefined} />
      {steps.length > 1 && (
        <Select
          size="xs"
          label={t("result.iteration")}
          data={steps.map(({ iteration, status }) => ({
            value: iteration,
            label: `${iteration || "–"} (${t(`status.${status}`)})`,
          }))}
          value={step.iteration}
          allowDeselect={false}
          onChange={setChosen}
        />
      )}
      <Facts step={step} />
      {step.error && <NodeFailureNotice node={id} failure={step.error} />}
      {run && <GatewayRequests run={run} step={step} />}
      {step.wait?.for === "approval" && run && !session.isFrozen && (
        <Answer
          approval={step.wait}
          onAnswer={(button, fields) =>
            runs.answer(run.id, { node: id, iteration: step.iteration, button, fields })
          }
        />
      )}
      {Object.keys(step.output).length > 0 && <Part title={t("result.output")} values={step.output} />}
      {run && step.status === "done" && <Comparison run={run} step={step} />}
      {Object.keys(step.input).length > 0 && <Part title={t("result.input")} values={step.input} />}
      {step.logs.length > 0 && (
        <Stack gap={2}>
          <Title order={3} fz="sm">
            {t("result.logs")}
          </Title>
          {step.logs.map((line) => (
            <Text key={`${line.at}${line.message}`} size="xs" ff="monospace">
              {line.level}: {line.message}
            </Text>
          ))}
        </Stack>
      )}
    </Stack>
  );
}

function Facts({ step }: { step: NodeRun }) {
  const t = useFlow();
  const took = step.ended_at ? (Date.parse(step.ended_at) - Date.parse(step.started_at)) * 1_000 : undefined;
  const facts = [
    t(`status.${step.status}`),
    took === undefined ? "" : duration(took),
    step.attempts > 1 ? t("result.attempts", { count: step.attempts }) : "",
    step.tokens > 0 ? t("result.tokens", { count: step.tokens, number: number(step.tokens) }) : "",
    step.nano_usd > 0 ? money(step.nano_usd) : "",
  ];
  return (
    <Text size="xs" c="dimmed" className="tabular">
      {facts.filter(Boolean).join(" · ")}
    </Text>
  );
}

function Part({ title, values }: { title: string; values: NodeRun["output"] }) {
  return (
    <Stack gap="xs">
      <Title order={3} fz="sm">
        {title}
      </Title>
      {Object.entries(values).map(([port, value]) => (
        <Stack key={port} gap={2}>
          <Text size="xs" c="dimmed" ff="monospace">
            {port}
          </Text>
          <ValueView value={value} label={`${title}: ${port}`} />
        </Stack>
      ))}
    </Stack>
  );
}
