import { Button, Group, NumberInput, Select, Stack, Switch, Textarea } from "@mantine/core";
import { IconPlayerPlay, IconPlayerStop } from "@tabler/icons-react";
import { useState } from "react";
import { fileKind, fileOf } from "../../../flow/files";
import type { FlowNode, Json, Settings } from "../../../flow/graph";
import { lastInput, rememberInput } from "../../../flow/last-input";
import { isOver } from "../../../flow/run-state";
import { useCommon } from "../../../i18n/common";
import { parseLoose, printLoose } from "../form/json-field";
import { useRun, useSession } from "../session";
import { useFlow } from "../texts";
import { FileField } from "./file-field";
import { type InputField, inputFields, runDraft, stopRun } from "./start";

/** Asks for what the flow is given, and starts it. */
export function InputForm({ trigger }: { trigger: FlowNode }) {
  const t = useFlow();
  const common = useCommon();
  const session = useSession();
  const status = useRun((view) => view.status);
  const isRunning = status !== undefined && !isOver(status);
  const fields = inputFields(trigger);
  const example = session.book.types.get(trigger.type)?.examples[0]?.input.input;
  const [values, setValues] = useState<Settings>(() => lastInput(session.id));
  const [text, setText] = useState(() => {
    const last = lastInput(session.id);
    if (Object.keys(last).length > 0) return printLoose(last);
    return printLoose(trigger.settings.fields ? {} : (example ?? {}));
  });
  const [isTried, setTried] = useState(false);
  const missing = fields.filter(
    ({ name, required, default: initial }) =>
      required && initial === undefined && (values[name] ?? "") === "",
  );
  const start = () => {
    setTried(true);
    if (missing.length > 0 || isRunning) return;
    const given = Object.entries(values).filter(
      ([name, value]) => value !== "" && fields.some((field) => field.name === name),
    );
    const input: Json = fields.length > 0 ? Object.fromEntries(given) : (parseLoose(text) ?? {});
    rememberInput(session.id, input);
    void runDraft(session, input, trigger.id);
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        start();
      }}
    >
      <Stack gap="sm" p="sm">
        {fields.map((field, index) => (
          <InputValue
            key={field.name}
            field={field}
            isFirst={index === 0}
            value={values[field.name]}
            error={isTried && missing.includes(field) ? common("required") : undefined}
            onChange={(value) => setValues((before) => ({ ...before, [field.name]: value }))}
          />
        ))}
        {fields.length === 0 && (
          <Textarea
            label={t("start.input")}
            description={t("start.inputHint")}
            autosize
            minRows={3}
            maxRows={14}
            data-autofocus
            styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        )}
        <Group justify="flex-end">
          {isRunning ? (
            <Button
              variant="light"
              color="red"
              leftSection={<IconPlayerStop size={15} />}
              onClick={() => void stopRun(session)}
            >
              {t("toolbar.stop")}
            </Button>
          ) : (
            <Button type="submit" leftSection={<IconPlayerPlay size={15} />}>
              {t("start.submit")}
            </Button>
          )}
        </Group>
      </Stack>
    </form>
  );
}

interface ValueProps {
  field: InputField;
  isFirst: boolean;
  value: Json | undefined;
  error: string | undefined;
  onChange: (value: Json) => void;
}

function InputValue({ field, isFirst, value, error, onChange }: ValueProps) {
  const common = {
    label: field.title,
    description: field.description,
    required: field.required,
    error,
    ...(isFirst ? { "data-autofocus": true } : {}),
  };
  const initial = field.default;
  if (field.options.length > 0) {
    const now = value ?? initial;
    return (
      <Select
        {...common}
        data={field.options}
        value={typeof now === "string" ? now : null}
        onChange={(next) => onChange(next ?? "")}
      />
    );
  }
  if (field.type === "boolean") {
    return (
      <Switch
        label={field.title}
        description={field.description}
        checked={(value ?? initial) === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.type === "number") {
    return (
      <NumberInput
        {...common}
        placeholder={initial === undefined ? undefined : String(initial)}
        value={typeof value === "number" ? value : ""}
        onChange={(next) => onChange(typeof next === "number" ? next : "")}
      />
    );
  }
  const kind = fileKind(field.type);
  // A file of another system can be given as JSON or as its address, as before.
  if (kind && (value === undefined || value === "" || Array.isArray(value) || fileOf(value))) {
    return <FileField {...common} kind={kind} value={value} onChange={onChange} />;
  }
  const isText = field.type === "string";
  const shown = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return (
    <Textarea
      {...common}
      autosize
      minRows={1}
      maxRows={10}
      placeholder={initial === undefined ? undefined : printLoose(initial)}
      value={shown}
      onChange={(event) => {
        const text = event.currentTarget.value;
        onChange(isText ? text : (parseLoose(text) ?? ""));
      }}
    />
  );
}
