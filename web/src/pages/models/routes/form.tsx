import {
  Button,
  Collapse,
  Group,
  NumberInput,
  Select,
  Stack,
  TagsInput,
  Text,
  TextInput,
  UnstyledButton,
} from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import { Failure } from "../../../api/failure";
import { useModels } from "../../../api/models";
import { FailureNotice } from "../../../components/failure-notice";
import { useCommon } from "../../../i18n/common";
import { useRoutes } from "./data";
import { type Definition, type Draft, definitionOf, moved, newGroup, placeOf, type Strategy } from "./draft";
import { Step } from "./step";
import { useRouteTexts } from "./texts";

interface Props {
  initial: () => Draft;
  before?: Definition;
  isBusy: boolean;
  error: unknown;
  /** What was refused is being changed. */
  onEdit: () => void;
  onSave: (wanted: { name: string; definition: Definition }) => void;
  onClose: () => void;
}

const strategies: Strategy[] = ["weighted", "least_latency", "sticky"];

/** Models that a route can lead to: routes themselves are none. */
function useTargetNames(): string[] {
  const models = useModels();
  const routes = useRoutes();
  const names = new Set(routes.data?.map(({ name }) => name));
  const ids = models.data?.map(({ id }) => id) ?? [];
  return ids.filter((id) => id.includes("/") && !names.has(id));
}

/** A name, the targets behind it step by step, and what happens when they fail. */
export function RouteForm({ initial, before, isBusy, error, onEdit, onSave, onClose }: Props) {
  const t = useRouteTexts();
  const common = useCommon();
  const models = useTargetNames();
  const [draft, setDraft] = useState(initial);
  const [isChecked, setChecked] = useState(false);
  const [isMore, setMore] = useState(
    draft.contextWindow.length + draft.contentPolicy.length > 0 ||
      draft.maxRetries !== "" ||
      draft.firstTokenSeconds !== "",
  );
  const change = (part: Partial<Draft>) => {
    if (error) onEdit();
    setDraft((before) => ({ ...before, ...part }));
  };
  const refusal = error ? Failure.of(error).message : "";
  const place = placeOf(refusal);
  const targets = draft.groups.flatMap(({ targets }) => targets);
  const isWhole = draft.name.trim() !== "" && targets.every(({ model }) => model.trim() !== "");
  const isPlaced = place.field !== undefined || targets.some(({ model }) => place.target === model.trim());
  const nameError = (isChecked && draft.name.trim() === "" && t("needed")) || (place.field && refusal);
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setChecked(true);
        if (isWhole) onSave({ name: draft.name.trim(), definition: definitionOf(draft, before) });
      }}
    >
      <Stack gap="md">
        <TextInput
          label={t("name")}
          description={t("nameHint")}
          value={draft.name}
          error={nameError}
          data-autofocus
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <Stack gap="xs" role="group" aria-label={t("targets")}>
          {draft.groups.map((group, index) => (
            <Step
              key={group.key}
              number={index + 1}
              count={draft.groups.length}
              targets={group.targets}
              models={models}
              isChecked={isChecked}
              refused={place.target}
              refusal={refusal}
              onChange={(targets) =>
                change({
                  groups: draft.groups.map((one) => (one.key === group.key ? { ...one, targets } : one)),
                })
              }
              onMove={(by) => change({ groups: moved(draft.groups, index, by) })}
              onRemove={() => change({ groups: draft.groups.filter(({ key }) => key !== group.key) })}
            />
          ))}
          <Group>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() => change({ groups: [...draft.groups, newGroup()] })}
            >
              {t("addFallback")}
            </Button>
          </Group>
        </Stack>
        {draft.groups.some(({ targets }) => targets.length > 1) && (
          <Select
            label={t("strategy")}
            description={t(`strategyHint.${draft.strategy}`)}
            allowDeselect={false}
            value={draft.strategy}
            data={strategies.map((value) => ({ value, label: t(`strategies.${value}`) }))}
            onChange={(value) => change({ strategy: (value ?? "weighted") as Strategy })}
          />
        )}
        <UnstyledButton aria-expanded={isMore} onClick={() => setMore(!isMore)}>
          <Group gap={4}>
            {isMore ? <IconChevronDown size={16} /> : <IconChevronRight size={16} />}
            <Text size="sm" fw={550}>
              {t("more")}
            </Text>
          </Group>
        </UnstyledButton>
        <Collapse expanded={isMore}>
          <Stack gap="sm">
            <TagsInput
              label={t("contextWindow")}
              description={t("contextWindowHint")}
              data={models}
              limit={50}
              value={draft.contextWindow}
              onChange={(contextWindow) => change({ contextWindow })}
            />
            <TagsInput
              label={t("contentPolicy")}
              description={t("contentPolicyHint")}
              data={models}
              limit={50}
              value={draft.contentPolicy}
              onChange={(contentPolicy) => change({ contentPolicy })}
            />
            <Group grow align="flex-start">
              <NumberInput
                label={t("maxRetries")}
                description={t("asConfigured")}
                min={0}
                max={10}
                allowDecimal={false}
                value={draft.maxRetries}
                onChange={(value) => change({ maxRetries: typeof value === "number" ? value : "" })}
              />
              <NumberInput
                label={t("firstToken")}
                description={t("asConfigured")}
                min={0.1}
                max={3_600}
                value={draft.firstTokenSeconds}
                onChange={(value) => change({ firstTokenSeconds: typeof value === "number" ? value : "" })}
              />
            </Group>
          </Stack>
        </Collapse>
        {Boolean(error) && !isPlaced && <FailureNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={isBusy}>
            {t("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
