import {
  Alert,
  Button,
  Checkbox,
  Group,
  List,
  Modal,
  PasswordInput,
  SegmentedControl,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useState } from "react";
import { type CollectionSource, type SourceTrial, sources } from "../../../api/sources";
import { FailureNotice } from "../../../components/failure-notice";
import { showDone } from "../../../components/toast";
import { useCommon } from "../../../i18n/common";
import { useChange } from "../data";
import { contentOf, emptyForm, formOf, isComplete, type SourceForm } from "./data";
import { useSourceTexts } from "./texts";

interface Props {
  isOpen: boolean;
  collection: string;
  /** Absent for a new one. */
  source?: CollectionSource;
  onClose: () => void;
}

/** Adds or edits a folder or bucket. A new one is synced at once. */
export function SourceDialog({ isOpen, ...rest }: Props) {
  const t = useSourceTexts();
  return (
    <Modal opened={isOpen} onClose={rest.onClose} title={rest.source ? t("edit") : t("add")} size="lg">
      <Form {...rest} />
    </Modal>
  );
}

const intervals = ["", "15", "60", "360", "1440"] as const;

function Form({ collection, source, onClose }: Omit<Props, "isOpen">) {
  const t = useSourceTexts();
  const common = useCommon();
  const [form, setForm] = useState<SourceForm>(source ? formOf(source) : emptyForm);
  const test = useChange(() => sources.test(collection, contentOf(form), source?.id), undefined, {
    silent: true,
  });
  const save = useChange(
    async () => {
      if (source) return sources.update(collection, source.id, contentOf(form));
      const made = await sources.create(collection, contentOf(form));
      await sources.sync(collection, made.id);
      return made;
    },
    ({ name }) => {
      showDone(t("saved", { name }));
      onClose();
    },
    { silent: true },
  );
  const set = (change: Partial<SourceForm>) => {
    test.reset();
    setForm((before) => ({ ...before, ...change }));
  };
  const known: string[] = [...intervals];
  const choices = intervals.map((value) => ({ value, label: t(`intervals.${value}`) as string }));
  if (!known.includes(form.interval)) {
    choices.push({
      value: form.interval as (typeof intervals)[number],
      label: t("everyMinutes", { count: Number(form.interval) }),
    });
  }
  const field = (name: "path" | "endpoint" | "region" | "bucket" | "prefix" | "accessKey", hint?: string) => (
    <TextInput
      label={t(name)}
      description={hint}
      value={form[name]}
      autoComplete="off"
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  const globs = (name: "include" | "exclude") => (
    <Textarea
      label={t(name)}
      description={t("globsHint")}
      autosize
      minRows={2}
      value={form[name]}
      onChange={(event) => set({ [name]: event.currentTarget.value })}
    />
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate(undefined);
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("name")}
          maxLength={200}
          value={form.name}
          data-autofocus
          onChange={(event) => set({ name: event.currentTarget.value })}
        />
        <SegmentedControl
          aria-label={t("kind")}
          data={(["s3", "folder"] as const).map((value) => ({ value, label: t(`kinds.${value}`) }))}
          value={form.kind}
          onChange={(kind) => set({ kind: kind as SourceForm["kind"] })}
        />
        {form.kind === "folder" ? (
          field("path", t("pathHint"))
        ) : (
          <>
            {field("endpoint", t("endpointHint"))}
            <Group grow align="flex-start">
              {field("bucket")}
              {field("region")}
            </Group>
            {field("prefix", t("prefixHint"))}
            <Checkbox
              label={t("pathStyle")}
              checked={form.pathStyle}
              onChange={(event) => set({ pathStyle: event.currentTarget.checked })}
            />
            <Group grow align="flex-start">
              {field("accessKey", t("accessKeyHint"))}
              <PasswordInput
                label={t("secret")}
                description={source?.has_secret ? t("secretStays") : t("secretHint")}
                autoComplete="new-password"
                value={form.secret}
                onChange={(event) => set({ secret: event.currentTarget.value })}
              />
            </Group>
          </>
        )}
        <Group grow align="flex-start">
          {globs("include")}
          {globs("exclude")}
        </Group>
        <Select
          label={t("interval")}
          allowDeselect={false}
          data={choices}
          value={form.interval}
          onChange={(interval) => set({ interval: interval ?? "" })}
        />
        <Checkbox
          label={t("deleteMissing")}
          checked={form.deleteMissing}
          onChange={(event) => set({ deleteMissing: event.currentTarget.checked })}
        />
        {test.data && <Trial trial={test.data} />}
        {(save.error ?? test.error) && <FailureNotice error={save.error ?? test.error} />}
        <Group justify="space-between">
          <Button
            variant="default"
            loading={test.isPending}
            disabled={!isComplete(form)}
            onClick={() => test.mutate(undefined)}
          >
            {t("test")}
          </Button>
          <Group>
            <Button variant="default" onClick={onClose}>
              {common("cancel")}
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!isComplete(form)}>
              {common("save")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

function Trial({ trial }: { trial: SourceTrial }) {
  const t = useSourceTexts();
  const title = trial.has_more
    ? t("testMore", { count: trial.files })
    : t("testFiles", { count: trial.files });
  return (
    <Alert role="status" color={trial.problems.length ? "yellow" : "green"} title={title}>
      <List size="sm">
        {trial.examples.map((path) => (
          <List.Item key={path}>{path}</List.Item>
        ))}
      </List>
      {trial.problems.length > 0 && (
        <>
          <Text size="sm" mt="xs">
            {t("testProblems")}
          </Text>
          <List size="sm">
            {trial.problems.map(({ path, error }) => (
              <List.Item key={path}>
                {path}: {error}
              </List.Item>
            ))}
          </List>
        </>
      )}
    </Alert>
  );
}
