import { Autocomplete, Button, Group, Modal, Select, Stack, TextInput } from "@mantine/core";
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
import { filled, gapsOf, namesOf } from "./catalog";
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
  const [mapping, setMapping] = useState<Mapping>({});
  const gaps = gapsOf(template.requires);
  const creation = useMutation({
    meta: { silent: true },
    mutationFn: async () => {
      const target = project === fresh ? (await projects.create({ name: projectName.trim() })).id : project;
      return templates.use(template.slug, {
        project_id: target,
        name: name.trim(),
        mapping: filled(mapping),
      });
    },
    onSuccess: ({ workflow, missing, sample_input: sample }) => {
      const names = namesOf(missing).map(
        ({ kind, requirement }) => `${t(`kind.${kind}`)} ${requirement.name}`,
      );
      rememberInput(workflow.id, sample);
      void client.invalidateQueries({ queryKey: ["projects"] });
      void client.invalidateQueries({ queryKey: ["flows"] });
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
        {gaps.map(({ kind, requirement }) => (
          <Instead
            key={`${kind} ${requirement.name}`}
            kind={kind}
            name={requirement.name}
            value={mapping[kind]?.[requirement.name] ?? ""}
            onChange={(next) =>
              setMapping((before) => ({ ...before, [kind]: { ...before[kind], [requirement.name]: next } }))
            }
          />
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
  value: string;
  onChange: (value: string) => void;
}

/** Something that is there, for what is not. */
function Instead({ kind, name, value, onChange }: InsteadProps) {
  const t = useTemplates();
  const names = useThere(kind);
  return (
    <Autocomplete
      label={t("setUp.instead", { name })}
      description={t("setUp.insteadHint", { kind: t(`kind.${kind}`), name })}
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
