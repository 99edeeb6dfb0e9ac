import { Autocomplete, Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { call, flows, type ListPage, projects } from "../../api/flows";
import { useModels } from "../../api/models";
import { type Mappable, type Mapping, type Template, templates } from "../../api/templates";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useUrlState } from "../../components/url-state";
import { rememberInput } from "../../flow/last-input";
import { useCommon } from "../../i18n/common";
import { useMay } from "../../session/me";
import { filled, gapsOf, namesOf, standIns } from "./catalog";
import { useTemplates } from "./texts";

interface Props {
  template: Template;
  isOpen: boolean;
  onClose: () => void;
}

/** Asks where the flow goes and what stands in for what is missing, then makes it and opens its test. */
export function SetUp({ template, isOpen, onClose }: Props) {
  const t = useTemplates();
  return (
    <Modal opened={isOpen} onClose={onClose} title={t("setUp.title", { name: template.name })}>
      {isOpen && <Form template={template} onClose={onClose} />}
    </Modal>
  );
}

const fresh = "new";

function Form({ template, onClose }: Omit<Props, "isOpen">) {
  const t = useTemplates();
  const common = useCommon();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [wanted] = useUrlState("project");
  const list = useQuery({
    queryKey: ["projects", "to-choose"],
    queryFn: async () => (await projects.list({ limit: 200 })).data,
  });
  const [chosen, setChosen] = useState<string>();
  const project = chosen ?? (wanted || list.data?.[0]?.id || fresh);
  const [projectName, setProjectName] = useState(template.name);
  const [name, setName] = useState(template.name);
  const [mapping, setMapping] = useState<Mapping>(() => standIns(template.requires));
  const mayFill = useMay()("collections:write");
  const [isFilled, setFilled] = useState(true);
  const gaps = gapsOf(template.requires);
  const sampleOf = (name: string) =>
    mayFill ? template.samples.find((one) => one.collection === name) : undefined;
  const creation = useMutation({
    meta: { silent: true },
    mutationFn: async () => {
      const target = project === fresh ? (await projects.create({ name: projectName.trim() })).id : project;
      return templates.use(template.slug, {
        project_id: target,
        name: name.trim(),
        mapping: filled(mapping),
        samples: isFilled,
      });
    },
    onSuccess: ({ workflow, missing, sample_input: sample, samples }) => {
      const names = namesOf(missing).map(
        ({ kind, requirement }) => `${t(`kind.${kind}`)} ${requirement.name}`,
      );
      rememberInput(workflow.id, sample);
      void client.invalidateQueries({ queryKey: ["projects"] });
      void client.invalidateQueries({ queryKey: ["flows"] });
      void client.invalidateQueries({ queryKey: ["templates"] });
      if (samples.length > 0) {
        void client.invalidateQueries({ queryKey: ["collections"] });
        showDone(t("setUp.isFilled", { names: samples.map(({ collection }) => collection).join(", ") }));
      }
      showDone(
        names.length > 0
          ? t("setUp.still", { names: names.join(", ") })
          : t("setUp.done", { name: workflow.name }),
      );
      void navigate({ to: "/flows/$flow", params: { flow: workflow.id }, search: { test: "1" } } as never);
    },
  });
  const isReady = name.trim() !== "" && (project !== fresh || projectName.trim() !== "");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady) creation.mutate();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={t("setUp.name")}
          data-autofocus
          required
          maxLength={200}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Select
          label={t("setUp.project")}
          allowDeselect={false}
          searchable={(list.data?.length ?? 0) > 8}
          data={[
            ...(list.data ?? []).map((one) => ({ value: one.id, label: one.name })),
            { value: fresh, label: t("setUp.newProject") },
          ]}
          value={project}
          onChange={(next) => setChosen(next ?? undefined)}
        />
        {project === fresh && (
          <TextInput
            label={t("setUp.projectName")}
            required
            maxLength={200}
            value={projectName}
            onChange={(event) => setProjectName(event.currentTarget.value)}
          />
        )}
        {gaps.map(({ kind, requirement }) => {
          const sample = kind === "collections" ? sampleOf(requirement.name) : undefined;
          return (
            <Stack key={`${kind} ${requirement.name}`} gap={6}>
              {sample && (
                <Checkbox
                  label={t("setUp.samples", { name: sample.collection })}
                  description={
                    sample.documents.length > 0
                      ? t("setUp.samplesHint", { count: sample.documents.length })
                      : t("setUp.samplesEmpty")
                  }
                  checked={isFilled}
                  onChange={(event) => setFilled(event.currentTarget.checked)}
                />
              )}
              {!(sample && isFilled) && (
                <Instead
                  kind={kind}
                  name={requirement.name}
                  standIn={requirement.instead ?? undefined}
                  value={mapping[kind]?.[requirement.name] ?? ""}
                  onChange={(next) =>
                    setMapping((before) => ({
                      ...before,
                      [kind]: { ...before[kind], [requirement.name]: next },
                    }))
                  }
                />
              )}
            </Stack>
          );
        })}
        {template.requires.secrets.map(({ name }) => (
          <Text key={name} size="sm" c="dimmed">
            {t("setUp.secret", { name })}
          </Text>
        ))}
        {creation.error && <FailureNotice error={creation.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" disabled={!isReady} loading={creation.isPending || list.isPending}>
            {t("setUp.submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface InsteadProps {
  kind: Mappable;
  name: string;
  /** A built-in model that can stand in for it. */
  standIn: string | undefined;
  value: string;
  onChange: (value: string) => void;
}

/** Something that is there, for what is not. */
function Instead({ kind, name, standIn, value, onChange }: InsteadProps) {
  const t = useTemplates();
  const mayStore = useMay()("credentials:write");
  const names = useThere(kind);
  const credentialHint = mayStore ? "setUp.credential" : "setUp.credentialAsk";
  const otherHint = standIn !== undefined && value === standIn ? "setUp.standIn" : "setUp.insteadHint";
  const hint = kind === "credentials" ? credentialHint : otherHint;
  return (
    <Autocomplete
      label={t("setUp.instead", { name })}
      description={t(hint, { kind: t(`kind.${kind}`), name })}
      data={names}
      limit={60}
      value={value}
      onChange={onChange}
    />
  );
}

function useThere(kind: Mappable): string[] {
  const may = useMay();
  const models = useModels();
  const others = useQuery({
    queryKey: ["templates", "there", kind],
    enabled:
      kind !== "models" &&
      (kind !== "credentials" || may("credentials:read")) &&
      (kind !== "collections" || may("collections:read")),
    queryFn: async () => {
      if (kind === "workflows") return (await flows.list({ limit: 200 })).data.map(({ slug }) => slug);
      const page = await call<ListPage<{ slug?: string; provider?: string; name: string }>>(
        "GET",
        `/${kind}`,
      );
      return page.data.map((one) => one.slug ?? `${one.provider}/${one.name}`);
    },
  });
  return kind === "models" ? (models.data ?? []).map(({ id }) => id) : (others.data ?? []);
}
