import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Modal,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { freeKey, isKey, type Variable } from "../../flow/graph";
import { setVariables } from "../../flow/operations";
import { parseLoose, printLoose } from "./form/json-field";
import { useGraph, useIsEditable, useSession, useUi } from "./session";
import { useFlow } from "./texts";

const types = ["any", "string", "number", "boolean", "object", "array<any>", "array<string>"];

/** The flow's own variables; a run begins with these values. */
export function VariablesDialog() {
  const t = useFlow();
  const { editor, ui } = useSession();
  const isEditable = useIsEditable();
  const isOpen = useUi((state) => state.dialog === "variables");
  const variables = useGraph((graph) => graph.variables);
  const put = (next: Variable[], merge?: string) =>
    editor.apply({ key: "variables" }, (graph) => setVariables(graph, next), merge);
  const change = (at: number, part: Partial<Variable>) =>
    put(
      variables.map((one, index) => (index === at ? { ...one, ...part } : one)),
      `variable:${at}`,
    );
  return (
    <Modal
      opened={isOpen}
      onClose={() => ui.set({ dialog: undefined })}
      title={t("variables.title")}
      size="lg"
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("variables.hint", { code: "{{ vars.name }}" })}
        </Text>
        {variables.map((variable, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the name, which is its key, is what is typed
          <Group key={index} align="flex-start" gap="xs" wrap="nowrap">
            <TextInput
              size="xs"
              flex={1}
              label={t("variables.name")}
              disabled={!isEditable}
              value={variable.name}
              error={!isKey(variable.name) && t("panel.badKey")}
              onChange={(event) => change(index, { name: event.currentTarget.value })}
            />
            <Autocomplete
              size="xs"
              w={120}
              label={t("variables.type")}
              disabled={!isEditable}
              data={types}
              value={variable.type}
              onChange={(type) => change(index, { type })}
            />
            <Textarea
              size="xs"
              flex={2}
              autosize
              minRows={1}
              maxRows={6}
              label={t("variables.value")}
              disabled={!isEditable}
              defaultValue={printLoose(variable.value ?? undefined)}
              onBlur={(event) => change(index, { value: parseLoose(event.currentTarget.value) ?? null })}
            />
            {isEditable && (
              <ActionIcon
                mt={24}
                aria-label={t("variables.remove", { name: variable.name })}
                onClick={() => put(variables.filter((_, at) => at !== index))}
              >
                <IconTrash size={15} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {isEditable && (
          <Button
            size="compact-sm"
            variant="light"
            leftSection={<IconPlus size={14} />}
            onClick={() => {
              const name = freeKey("value", new Set(variables.map((one) => one.name)));
              put([...variables, { name, type: "any", value: "" }]);
            }}
          >
            {t("variables.add")}
          </Button>
        )}
      </Stack>
    </Modal>
  );
}
