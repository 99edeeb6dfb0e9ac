import { Button, Group, Modal, SegmentedControl, Select, Stack, Text, Textarea } from "@mantine/core";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { templates } from "../../api/templates";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { useMe } from "../../session/me";
import { lastInput } from "../last-input";
import { TemplateFactsForm } from "./facts-form";
import { factsOf, faultsOf, fieldsOfFlow } from "./fields";
import { useTemplateForm } from "./texts";

interface Props {
  /** Absent: the dialog is closed. */
  flow: { id: string; name: string; description: string } | undefined;
  /** Saves what is not saved yet: the template is made of what the server has. */
  before?: () => Promise<unknown>;
  onClose: () => void;
}

/** Makes a template of a flow, or the next version of one. */
export function SaveTemplateDialog({ flow, before, onClose }: Props) {
  const t = useTemplateForm();
  return (
    <Modal opened={flow !== undefined} onClose={onClose} title={t("title", { name: flow?.name })} size="lg">
      {flow && <Form flow={flow} before={before} onClose={onClose} />}
    </Modal>
  );
}

function Form({ flow, before, onClose }: Props & { flow: NonNullable<Props["flow"]> }) {
  const t = useTemplateForm();
  const common = useCommon();
  const client = useQueryClient();
  const { is_instance_owner: ownsInstance } = useMe();
  const [fields, setFields] = useState(() => fieldsOfFlow(flow, lastInput(flow.id)));
  const [isTried, setTried] = useState(false);
  const [kind, setKind] = useState("fresh");
  const [chosen, setChosen] = useState<string | null>(null);
  const [notes, setNotes] = useState("");
  const list = useQuery({ queryKey: ["templates", "list", "featured"], queryFn: () => templates.list() });
  // What all organizations see is changed by the instance's owner alone.
  const own = (list.data ?? []).filter((one) => one.origin === "own" && (ownsInstance || !one.is_published));
  const isNext = kind === "next" && own.length > 0;
  const slug = chosen ?? own[0]?.slug;
  const saving = useMutation({
    meta: { silent: true },
    mutationFn: async () => {
      await before?.();
      return isNext && slug
        ? templates.addVersion(slug, { workflow_id: flow.id, notes: notes.trim() })
        : templates.create({
            ...factsOf(fields),
            workflow_id: flow.id,
            ...(fields.isPublished ? { is_published: true } : {}),
          });
    },
    onSuccess: ({ name, version }) => {
      void client.invalidateQueries({ queryKey: ["templates"] });
      showDone(isNext ? t("savedVersion", { name, version }) : t("saved", { name }));
      onClose();
    },
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (isNext || Object.keys(faultsOf(fields)).length === 0) saving.mutate();
      }}
    >
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("hint")}
        </Text>
        {own.length > 0 && (
          <SegmentedControl
            aria-label={t("as")}
            value={kind}
            onChange={setKind}
            data={[
              { value: "fresh", label: t("fresh") },
              { value: "next", label: t("next") },
            ]}
          />
        )}
        {isNext ? (
          <>
            <Select
              label={t("which")}
              description={t("nextHint")}
              allowDeselect={false}
              data={own.map((one) => ({ value: one.slug, label: one.name }))}
              value={slug ?? null}
              onChange={setChosen}
            />
            <Textarea
              label={t("notes")}
              autosize
              minRows={2}
              maxLength={10_000}
              value={notes}
              onChange={(event) => setNotes(event.currentTarget.value)}
            />
          </>
        ) : (
          <TemplateFactsForm fields={fields} onChange={setFields} isTried={isTried} />
        )}
        {saving.error && <FailureNotice error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {t(isNext ? "submitVersion" : "submit")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
