import { Anchor, Group, JsonInput, NumberInput, SimpleGrid, Stack, Textarea } from "@mantine/core";
import { jsonProblem, type Settings } from "./chat";
import { usePlayground } from "./texts";

interface Props {
  settings: Settings;
  onChange: (settings: Settings) => void;
}

const exampleTools = JSON.stringify(
  [
    {
      type: "function",
      function: {
        name: "get_weather",
        description: "The weather at a place",
        parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
      },
    },
  ],
  null,
  2,
);

/** What holds for both models. */
export function SettingsForm({ settings, onChange }: Props) {
  const t = usePlayground();
  const set = <K extends keyof Settings>(key: K, value: Settings[K]) =>
    onChange({ ...settings, [key]: value });
  const problem = (text: string, wanted: "array" | "object") => {
    const found = jsonProblem(text, wanted);
    if (found === "array") return t("wrongArray");
    if (found === "object") return t("wrongObject");
    return found;
  };
  const code = {
    styles: { input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: "0.75rem" } },
  };
  return (
    <Stack gap="md">
      <Textarea
        label={t("system")}
        description={t("systemHint")}
        autosize
        minRows={4}
        maxRows={14}
        value={settings.system}
        onChange={(event) => set("system", event.currentTarget.value)}
      />
      <SimpleGrid cols={3} spacing="xs">
        <NumberInput
          label={t("temperature")}
          placeholder={t("byModel")}
          min={0}
          max={2}
          step={0.1}
          value={settings.temperature}
          onChange={(value) => set("temperature", value)}
        />
        <NumberInput
          label={t("topP")}
          placeholder={t("byModel")}
          min={0}
          max={1}
          step={0.05}
          value={settings.topP}
          onChange={(value) => set("topP", value)}
        />
        <NumberInput
          label={t("maxTokens")}
          placeholder={t("byModel")}
          min={1}
          allowDecimal={false}
          value={settings.maxTokens}
          onChange={(value) => set("maxTokens", value)}
        />
      </SimpleGrid>
      <Stack gap={4}>
        <JsonInput
          label={t("tools")}
          description={t("toolsHint")}
          autosize
          minRows={2}
          maxRows={12}
          formatOnBlur
          {...code}
          value={settings.tools}
          onChange={(value) => set("tools", value)}
          error={problem(settings.tools, "array")}
        />
        {settings.tools === "" && (
          <Group>
            <Anchor component="button" type="button" size="xs" onClick={() => set("tools", exampleTools)}>
              {t("toolsExample")}
            </Anchor>
          </Group>
        )}
      </Stack>
      <JsonInput
        label={t("schema")}
        description={t("schemaHint")}
        autosize
        minRows={2}
        maxRows={12}
        formatOnBlur
        {...code}
        value={settings.schema}
        onChange={(value) => set("schema", value)}
        error={problem(settings.schema, "object")}
      />
    </Stack>
  );
}
