import {
  Box,
  Group,
  Input,
  NumberInput,
  Select,
  Stack,
  Switch,
  Tabs,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Complexity, templates } from "../../api/templates";
import { useMe } from "../../session/me";
import { Markdown } from "../markdown";
import { complexities, type Fields, faultsOf } from "./fields";
import { useTemplateForm } from "./texts";

interface Props {
  fields: Fields;
  onChange: (fields: Fields) => void;
  /** What is wrong is marked. */
  isTried: boolean;
  /** Whether it can be shown first too. */
  canFeature?: boolean;
}

/** What is said of a template. */
export function TemplateFactsForm({ fields, onChange, isTried, canFeature }: Props) {
  const t = useTemplateForm();
  const { is_instance_owner: mayPublish } = useMe();
  const categories = useQuery({ queryKey: ["templates", "categories"], queryFn: templates.categories });
  const faults = isTried ? faultsOf(fields) : {};
  const fault = (field: keyof Fields) => {
    const found = faults[field];
    return found && t(`fault.${found}`);
  };
  const put = (part: Partial<Fields>) => onChange({ ...fields, ...part });
  return (
    <Stack gap="sm">
      <TextInput
        label={t("name")}
        maxLength={200}
        withAsterisk
        data-autofocus
        value={fields.name}
        error={fault("name")}
        onChange={(event) => put({ name: event.currentTarget.value })}
      />
      <Textarea
        label={t("summary")}
        description={t("summaryHint")}
        maxLength={300}
        withAsterisk
        autosize
        minRows={1}
        value={fields.summary}
        error={fault("summary")}
        onChange={(event) => put({ summary: event.currentTarget.value })}
      />
      <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
        <Select
          label={t("category")}
          withAsterisk
          data={(categories.data ?? []).map(({ slug, title }) => ({ value: slug, label: title }))}
          value={fields.category || null}
          error={fault("category")}
          onChange={(next) => put({ category: next ?? "" })}
        />
        <Select
          label={t("complexity")}
          allowDeselect={false}
          data={complexities.map((value) => ({ value, label: t(`level.${value}`) }))}
          value={fields.complexity}
          onChange={(next) => next && put({ complexity: next as Complexity })}
        />
        <NumberInput
          label={t("minutes")}
          min={1}
          max={600}
          allowDecimal={false}
          value={fields.minutes}
          error={fault("minutes")}
          onChange={(next) => put({ minutes: next })}
        />
      </Group>
      <TagsInput
        label={t("tags")}
        description={t("tagsHint")}
        maxTags={10}
        value={fields.tags}
        onChange={(tags) => put({ tags })}
      />
      <Readme text={fields.readme} onChange={(readme) => put({ readme })} />
      <Textarea
        label={t("sample")}
        description={t("sampleHint")}
        autosize
        minRows={2}
        maxRows={8}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
        value={fields.sample}
        error={fault("sample")}
        onChange={(event) => put({ sample: event.currentTarget.value })}
      />
      {mayPublish && (
        <Switch
          label={t("publish")}
          description={t("publishHint")}
          checked={fields.isPublished}
          onChange={(event) => put({ isPublished: event.currentTarget.checked })}
        />
      )}
      {mayPublish && canFeature && fields.isPublished && (
        <Switch
          label={t("feature")}
          checked={fields.isFeatured}
          onChange={(event) => put({ isFeatured: event.currentTarget.checked })}
        />
      )}
    </Stack>
  );
}

function Readme({ text, onChange }: { text: string; onChange: (text: string) => void }) {
  const t = useTemplateForm();
  return (
    <Input.Wrapper label={t("readme")} description={t("readmeHint")} labelElement="div">
      <Tabs defaultValue="write" keepMounted={false}>
        <Tabs.List mb="xs">
          <Tabs.Tab value="write">{t("write")}</Tabs.Tab>
          <Tabs.Tab value="preview">{t("preview")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="write">
          <Textarea
            aria-label={t("readme")}
            autosize
            minRows={4}
            maxRows={12}
            maxLength={50_000}
            value={text}
            onChange={(event) => onChange(event.currentTarget.value)}
          />
        </Tabs.Panel>
        <Tabs.Panel value="preview">
          <Box fz="sm" mih={98}>
            {text.trim() === "" ? (
              <Text size="sm" c="dimmed">
                {t("previewEmpty")}
              </Text>
            ) : (
              <Markdown text={text} />
            )}
          </Box>
        </Tabs.Panel>
      </Tabs>
    </Input.Wrapper>
  );
}
