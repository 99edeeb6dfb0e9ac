import { Button, Group, Modal, NumberInput, Select, Stack, Switch, Text, Textarea } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useState } from "react";
import type { Json, Settings } from "../../../flow/graph";
import { useCommon } from "../../../i18n/common";
import { titleOf } from "../commands";
import { parseLoose, printLoose } from "../form/json-field";
import { useGraph, useSession, useUi } from "../session";
import { useFlow } from "../texts";
import { type InputField, inputFields, runDraft } from "./start";

const inputsKey = (flow: string) => `flow-input:${flow}`;

/** What the flow was given the last time, in this browser. */
function lastInput(flow: string): Settings {
  try {
    return JSON.parse(sessionStorage.getItem(inputsKey(flow)) ?? "{}") as Settings;
  } catch {
    return {};
  }
}

/** Asks for what the flow is given, and starts it. */
export function RunDialog() {
  const { ui } = useSession();
  const isOpen = useUi((state) => state.dialog === "run");
  const t = useFlow();
  return (
    <Modal opened={isOpen} onClose={() => ui.set({ dialog: undefined })} title={t("start.title")}>
      {isOpen && <Form />}
    </Modal>
  );
}

function Form() {
  const t = useFlow();
  const common = useCommon();
  const session = useSession();
  const nodes = useGraph((graph) => graph.nodes);
  const triggers = nodes.filter((node) => session.book.types.get(node.type)?.role === "trigger");
  const [chosen, setChosen] = useState(triggers[0]?.id);
  const trigger = triggers.find(({ id }) => id === chosen);
  const fields = inputFields(trigger);
  const type = trigger && session.book.types.get(trigger.type);
  const example = type?.examples[0]?.input.input;
  const [values, setValues] = useState<Settings>(() => lastInput(session.id));
  const [text, setText] = useState(() => {
    const last = lastInput(session.id);
    return printLoose(
      Object.keys(last).length > 0
        ? last
        : fields.length === 0 && !trigger?.settings.fields
          ? (example ?? {})
          : {},
    );
  });
  const [isTried, setTried] = useState(false);
  const close = () => session.ui.set({ dialog: undefined });
  const missing = fields.filter(
    ({ name, required, default: initial }) =>
      required && initial === undefined && (values[name] ?? "") === "",
  );
  const start = () => {
    setTried(true);
    if (fields.length > 0 && missing.length > 0) return;
    const given = Object.entries(values).filter(
      ([name, value]) => value !== "" && fields.some((f) => f.name === name),
    );
    const input: Json = fields.length > 0 ? Object.fromEntries(given) : (parseLoose(text) ?? {});
    try {
      sessionStorage.setItem(inputsKey(session.id), JSON.stringify(input));
    } catch {
      // It is typed again, then.
    }
    close();
    void runDraft(session, input, trigger?.id);
  };
  if (triggers.length === 0) return <Text size="sm">{t("start.noTrigger")}</Text>;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        start();
      }}
    >
      <Stack gap="sm">
        {triggers.length > 1 && (
          <Select
            label={t("start.trigger")}
            allowDeselect={false}
            data={triggers.map(({ id }) => ({ value: id, label: titleOf(session, id) }))}
            value={chosen ?? null}
            onChange={(next) => setChosen(next ?? undefined)}
          />
        )}
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
        <Text size="xs" c="dimmed">
          {t("start.draft")}
        </Text>
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {common("cancel")}
          </Button>
          <Button type="submit" leftSection={<IconPlayerPlay size={15} />}>
            {t("start.submit")}
          </Button>
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
