import { Badge, Button, Group, Menu, Modal, Paper, Stack, Text, Title } from "@mantine/core";
import { IconDots, IconPencil, IconTrash } from "@tabler/icons-react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type Template, templates } from "../../api/templates";
import { Confirm } from "../../components/confirm";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { TemplateFactsForm } from "../../flow/templates/facts-form";
import { factsOf, faultsOf, fieldsOfTemplate } from "../../flow/templates/fields";
import { useCommon } from "../../i18n/common";
import { dateTime } from "../../i18n/format";
import { useMay, useMe } from "../../session/me";
import { useTemplates } from "./texts";

/** Whether the person may change the template: the organization keeps it, and all see it or not. */
export function useMayChange(template: Template | undefined): boolean {
  const may = useMay();
  const { is_instance_owner: ownsInstance } = useMe();
  if (template?.origin !== "own" || !may("templates:write")) return false;
  return ownsInstance || !template.is_published;
}

/** Edits and deletes a template that the organization keeps. */
export function OwnTemplateMenu({ template, onGone }: { template: Template; onGone: () => void }) {
  const t = useTemplates();
  const common = useCommon();
  const client = useQueryClient();
  const [isEdited, setEdited] = useState(false);
  const [isDoomed, setDoomed] = useState(false);
  const removal = useMutation({
    mutationFn: () => templates.remove(template.slug),
    onSuccess: async () => {
      onGone();
      client.removeQueries({ queryKey: ["templates", template.slug] });
      await client.invalidateQueries({ queryKey: ["templates"] });
      showDone(t("own.gone", { name: template.name }));
    },
  });
  return (
    <>
      <Menu>
        <Menu.Target>
          <Button variant="default" leftSection={<IconDots size={16} />}>
            {t("own.change")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setEdited(true)}>
            {common("edit")}
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDoomed(true)}>
            {common("delete")}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={isEdited}
        onClose={() => setEdited(false)}
        title={t("own.edit", { name: template.name })}
        size="lg"
      >
        {isEdited && <EditForm template={template} onClose={() => setEdited(false)} />}
      </Modal>
      <Confirm
        isOpen={isDoomed}
        title={t("own.deleteTitle", { name: template.name })}
        hint={t("own.deleteHint")}
        confirm={common("delete")}
        isBusy={removal.isPending}
        onConfirm={() => removal.mutate()}
        onClose={() => setDoomed(false)}
      />
    </>
  );
}

function EditForm({ template, onClose }: { template: Template; onClose: () => void }) {
  const t = useTemplates();
  const common = useCommon();
  const client = useQueryClient();
  const { is_instance_owner: ownsInstance } = useMe();
  const [fields, setFields] = useState(() => fieldsOfTemplate(template));
  const [isTried, setTried] = useState(false);
  const saving = useMutation({
    meta: { silent: true },
    mutationFn: () =>
      templates.update(template.slug, {
        ...factsOf(fields),
        ...(ownsInstance ? { is_published: fields.isPublished, is_featured: fields.isFeatured } : {}),
        revision: template.revision,
      }),
    onSuccess: async (saved) => {
      client.setQueryData(["templates", template.slug], saved);
      await client.invalidateQueries({ queryKey: ["templates"] });
      showDone(t("own.saved"));
      onClose();
    },
  });
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (Object.keys(faultsOf(fields)).length === 0) saving.mutate();
      }}
    >
      <Stack gap="sm">
        <TemplateFactsForm fields={fields} onChange={setFields} isTried={isTried} canFeature />
        {saving.error && <FailureNotice error={saving.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" loading={saving.isPending}>
            {common("save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** What was changed when. */
export function Versions({ template }: { template: Template }) {
  const t = useTemplates();
  const versions = useQuery({
    queryKey: ["templates", template.slug, "versions", template.version],
    queryFn: () => templates.versions(template.slug),
  });
  return (
    <Paper component="section" p="md" radius="lg" aria-label={t("own.versions")}>
      <Title order={2} fz="md" mb="xs">
        {t("own.versions")}
      </Title>
      {versions.error && <FailureNotice error={versions.error} onRetry={() => void versions.refetch()} />}
      <Stack gap={6} component="ul" p={0} m={0} style={{ listStyle: "none" }}>
        {(versions.data ?? []).map(({ number, notes, created_at: at }) => (
          <Group key={number} component="li" gap="xs" align="baseline">
            <Badge variant="default">{t("own.version", { number })}</Badge>
            <Text size="xs" c="dimmed" className="tabular">
              {dateTime(at)}
            </Text>
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              {notes}
            </Text>
          </Group>
        ))}
      </Stack>
    </Paper>
  );
}
