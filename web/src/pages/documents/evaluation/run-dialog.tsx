import { Button, Checkbox, Group, Modal, NumberInput, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { evaluation } from "../../../api/evaluation";
import { useModels } from "../../../api/models";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useCommon } from "../../../i18n/common";
import { useChange } from "../data";
import { type Choice, firstChoice, settingsOf } from "./data";
import { useEvaluationTexts } from "./texts";

interface Props {
  isOpen: boolean;
  collection: string;
  onClose: () => void;
  onDone: (id: string) => void;
}

/** What is evaluated. */
export function RunDialog({ isOpen, ...rest }: Props) {
  const t = useEvaluationTexts();
  return (
    <Modal opened={isOpen} onClose={rest.onClose} title={t("begin")} size="lg">
      <Form {...rest} />
    </Modal>
  );
}

const modes = ["hybrid", "text", "dense"] as const;
const rewrites = ["none", "rewrite", "multi_query", "hyde"] as const;

function Form({ collection, onClose, onDone }: Omit<Props, "isOpen">) {
  const t = useEvaluationTexts();
  const common = useCommon();
  const { data } = useModels();
  const [name, setName] = useState("");
  const [choice, setChoice] = useState<Choice>(firstChoice);
  const begin = useChange(
    () => {
      const own = `${t(`modes.${choice.mode}`)} @${choice.limit || 10}`;
      return evaluation.begin(collection, { name: name.trim() || own, settings: settingsOf(choice) });
    },
    ({ id }) => {
      showDone(t("started"));
      onDone(id);
    },
    { silent: true },
  );
  const set = (change: Partial<Choice>) => setChoice((before) => ({ ...before, ...change }));
  const models = (data ?? [])
    .filter(
      ({ id, mode }) => (mode ?? "chat") === "chat" && !id.startsWith("rag/") && !id.startsWith("flow/"),
    )
    .map(({ id }) => id);
  const weight = (field: "text_weight" | "embedding_weight") => (
    <NumberInput
      label={t(field)}
      description={t("weightHint")}
      min={0}
      max={100}
      step={0.1}
      value={choice[field]}
      onChange={(value) => set({ [field]: typeof value === "number" ? value : "" })}
    />
  );
  const model = (label: string, field: "rewriteModel" | "rerank" | "answerModel", placeholder: string) => (
    <Select
      label={label}
      placeholder={placeholder}
      searchable
      clearable
      data={models}
      value={choice[field] || null}
      onChange={(value) => set({ [field]: value ?? "" })}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        begin.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("name")}
          placeholder={`${t(`modes.${choice.mode}`)} @${choice.limit || 10}`}
          maxLength={200}
          value={name}
          data-autofocus
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Group grow align="flex-start">
          <Select
            label={t("mode")}
            allowDeselect={false}
            data={modes.map((value) => ({ value, label: t(`modes.${value}`) }))}
            value={choice.mode}
            onChange={(value) => set({ mode: (value ?? "hybrid") as Choice["mode"] })}
          />
          <NumberInput
            label={t("k")}
            min={1}
            max={50}
            allowDecimal={false}
            value={choice.limit}
            onChange={(value) => set({ limit: typeof value === "number" ? value : "" })}
          />
        </Group>
        {choice.mode === "hybrid" && (
          <Group grow align="flex-start">
            {weight("text_weight")}
            {weight("embedding_weight")}
          </Group>
        )}
        <NumberInput
          label={t("diversity")}
          description={t("diversityHint")}
          min={0}
          max={1}
          step={0.1}
          value={choice.diversity}
          onChange={(value) => set({ diversity: typeof value === "number" ? value : "" })}
        />
        <Group grow align="flex-start">
          <Select
            label={t("rewrite")}
            allowDeselect={false}
            data={rewrites.map((value) => ({ value, label: t(`rewrites.${value}`) }))}
            value={choice.rewrite}
            onChange={(value) => set({ rewrite: (value ?? "none") as Choice["rewrite"] })}
          />
          {choice.rewrite !== "none" && model(t("rewriteModel"), "rewriteModel", "")}
        </Group>
        {model(t("rerank"), "rerank", t("noModel"))}
        <Checkbox
          label={t("answer")}
          checked={choice.answers}
          onChange={(event) => set({ answers: event.currentTarget.checked })}
        />
        {choice.answers && model(t("answerModel"), "answerModel", t("ofCollection"))}
        {begin.error && <FailureNotice error={begin.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button
            type="submit"
            loading={begin.isPending}
            disabled={choice.rewrite !== "none" && !choice.rewriteModel}
          >
            {t("start")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
