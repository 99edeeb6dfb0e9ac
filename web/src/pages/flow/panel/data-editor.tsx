import { Button, Group, Stack, Text } from "@mantine/core";
import { lazy, Suspense, useRef, useState } from "react";
import { Pending } from "../../../components/pending";
import type { Json, Settings } from "../../../flow/graph";
import { useCommon } from "../../../i18n/common";
import type { EditorHandle } from "../form/code/editor";
import { usePin } from "./texts";

const CodeEditor = lazy(() => import("../form/code/editor"));

interface Props {
  name: string;
  hint: string;
  submit: string;
  initial: Settings;
  onSubmit: (values: Settings) => void;
  onCancel: () => void;
}

/** What is typed, if it is an object of ports and their values. */
export function readPorts(text: string): Settings | undefined {
  try {
    const value = JSON.parse(text) as Json;
    return value && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Values of a node's ports as JSON, to be changed. */
export function DataEditor({ name, hint, submit, initial, onSubmit, onCancel }: Props) {
  const t = usePin();
  const common = useCommon();
  const [text, setText] = useState(() => JSON.stringify(initial, null, 2));
  const handle = useRef<EditorHandle>(null);
  const values = readPorts(text);
  return (
    <Stack gap={6} component="section" aria-label={name}>
      <Text size="xs" c="dimmed">
        {hint}
      </Text>
      <Suspense fallback={<Pending rows={2} />}>
        <CodeEditor
          name={name}
          value={text}
          language="json"
          references={[]}
          lines={5}
          isDisabled={false}
          isRequired
          isInvalid={!values}
          handle={handle}
          onChange={setText}
          onFocus={() => undefined}
        />
      </Suspense>
      {!values && (
        <Text size="xs" c="var(--mantine-color-error)" role="alert">
          {t("invalid")}
        </Text>
      )}
      <Group gap="xs" justify="flex-end">
        <Button size="compact-xs" variant="default" onClick={onCancel}>
          {common("cancel")}
        </Button>
        <Button size="compact-xs" disabled={!values} onClick={() => values && onSubmit(values)}>
          {submit}
        </Button>
      </Group>
    </Stack>
  );
}
