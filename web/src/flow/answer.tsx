import {
  Button,
  Group,
  NumberInput,
  Paper,
  Select,
  Stack,
  Switch,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Approval } from "../api/flows";
import { showDone } from "../components/toast";
import type { Json, Settings } from "./graph";
import { Markdown } from "./markdown";
import { useAnswer } from "./texts";

interface FormField {
  type?: string;
  title?: string;
  description?: string;
  enum?: Json[];
  format?: string;
  default?: Json;
}

interface Props {
  approval: Approval;
  onAnswer: (button: string, fields: Settings) => Promise<{ is_accepted: boolean }>;
}

/** A question with its form and its buttons. */
export function Answer({ approval, onAnswer }: Props) {
  const t = useAnswer();
  const client = useQueryClient();
  const form = (approval.form ?? {}) as { properties?: Record<string, FormField>; required?: string[] };
  const properties = Object.entries(form.properties ?? {});
  const [fields, setFields] = useState<Settings>(() =>
    Object.fromEntries(
      properties.flatMap(([name, { default: value }]) => (value === undefined ? [] : [[name, value]])),
    ),
  );
  const [isTried, setTried] = useState(false);
  const answer = useMutation({
    mutationFn: (button: string) => onAnswer(button, fields),
    onSuccess: async ({ is_accepted }) => {
      showDone(t(is_accepted ? "given" : "late"));
      await client.invalidateQueries({ queryKey: ["approvals"] });
    },
  });
  const missing = (form.required ?? []).filter((name) => fields[name] === undefined || fields[name] === "");
  return (
    <Paper p="sm" radius="md" component="section" aria-label={t("title")}>
      <Stack gap="sm">
        <Text component="div" size="sm">
          <Markdown text={approval.message} />
        </Text>
        {properties.map(([name, field]) => (
          <AnswerField
            key={name}
            name={name}
            field={field}
            value={fields[name]}
            error={isTried && missing.includes(name) ? t("needed") : undefined}
            isRequired={form.required?.includes(name) ?? false}
            onChange={(value) => setFields((before) => ({ ...before, [name]: value }))}
          />
        ))}
        <Group gap="xs">
          {approval.buttons.map(({ id, label, look }) => (
            <Button
              key={id}
              size="sm"
              variant={look === "primary" ? "filled" : look === "danger" ? "light" : "default"}
              color={look === "danger" ? "red" : undefined}
              loading={answer.isPending && answer.variables === id}
              disabled={answer.isPending || answer.isSuccess}
              onClick={() => {
                setTried(true);
                if (missing.length === 0) answer.mutate(id);
              }}
            >
              {label}
            </Button>
          ))}
        </Group>
      </Stack>
    </Paper>
  );
}

interface FieldProps {
  name: string;
  field: FormField;
  value: Json | undefined;
  error: string | undefined;
  isRequired: boolean;
  onChange: (value: Json) => void;
}

function AnswerField({ name, field, value, error, isRequired, onChange }: FieldProps) {
  const common = {
    label: field.title ?? name,
    description: field.description,
    required: isRequired,
    error,
  };
  if (field.enum) {
    const data = field.enum.map(String);
    return <Select {...common} data={data} value={(value as string) ?? null} onChange={onChange} />;
  }
  if (field.type === "boolean") {
    return (
      <Switch
        label={common.label}
        description={field.description}
        checked={value === true}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    );
  }
  if (field.type === "number" || field.type === "integer") {
    return (
      <NumberInput
        {...common}
        allowDecimal={field.type === "number"}
        value={typeof value === "number" ? value : ""}
        onChange={(next) => onChange(typeof next === "number" ? next : null)}
      />
    );
  }
  const Field = field.format === "multiline" ? Textarea : TextInput;
  return (
    <Field
      {...common}
      value={typeof value === "string" ? value : ""}
      onChange={(event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value)}
    />
  );
}
