import { Button, Checkbox, Group, Modal, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, body } from "../../api/client";
import { download } from "../../components/download";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { type Membership, useMay, useMe } from "../../session/me";
import { useSettings } from "./texts";

/** Takes everything along, and ends the organization. */
export function End() {
  const t = useSettings();
  const may = useMay();
  const { organization } = useMe();
  const [isOpen, setOpen] = useState(false);
  const exporting = useExport(organization);
  if (!organization) return null;
  return (
    <Stack gap="lg" maw={680}>
      <Paper p={{ base: "md", sm: "lg" }} radius="lg" component="section">
        <Title order={2} mb={2}>
          {t("end.exportTitle")}
        </Title>
        <Text size="sm" c="dimmed" mb="sm">
          {t("end.exportHint")}
        </Text>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} />}
          loading={exporting.isPending}
          onClick={() => exporting.mutate()}
        >
          {t("end.export")}
        </Button>
      </Paper>
      {may("organization:delete") && (
        <Paper p={{ base: "md", sm: "lg" }} radius="lg" component="section">
          <Title order={2} mb={2}>
            {t("end.deleteTitle")}
          </Title>
          <Text size="sm" c="dimmed" mb="sm">
            {t("end.deleteHint")}
          </Text>
          <Button color="red" variant="light" onClick={() => setOpen(true)}>
            {t("end.delete")}
          </Button>
          <Modal
            opened={isOpen}
            onClose={() => setOpen(false)}
            title={t("end.dialog", { name: organization.name })}
          >
            <Deletion organization={organization} onClose={() => setOpen(false)} />
          </Modal>
        </Paper>
      )}
    </Stack>
  );
}

function useExport(organization: Membership | undefined) {
  const t = useSettings();
  return useMutation({
    mutationFn: () =>
      download(`/api/v1/organizations/${organization?.id}/export`, `${organization?.slug}.json`, {
        method: "POST",
      }),
    onSuccess: () => showDone(t("end.exported")),
  });
}

function Deletion({ organization, onClose }: { organization: Membership; onClose: () => void }) {
  const t = useSettings();
  const common = useCommon();
  const [typed, setTyped] = useState("");
  const [isSkipped, setSkipped] = useState(false);
  const exporting = useExport(organization);
  const deletion = useMutation({
    meta: { silent: true },
    mutationFn: () => {
      const params = { path: { id: organization.id }, query: { confirm_name: typed } };
      return body(api.DELETE("/api/v1/organizations/{id}", { params }));
    },
    onSuccess: () => location.assign("/"),
  });
  const isReady = typed === organization.name && (isSkipped || exporting.isSuccess);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) deletion.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Text size="sm">{t("end.deleteHint")}</Text>
        <Text size="sm">{t("end.first")}</Text>
        <Group gap="md">
          <Button
            variant="default"
            leftSection={<IconDownload size={16} />}
            loading={exporting.isPending}
            onClick={() => exporting.mutate()}
          >
            {t("end.export")}
          </Button>
          <Checkbox
            label={t("end.skip")}
            checked={isSkipped}
            onChange={(event) => setSkipped(event.currentTarget.checked)}
          />
        </Group>
        <TextInput
          label={t("end.typed", { name: organization.name })}
          autoComplete="off"
          value={typed}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        {deletion.error && <FailureNotice error={deletion.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {common("cancel")}
          </Button>
          <Button type="submit" color="red" disabled={!isReady} loading={deletion.isPending}>
            {t("end.delete")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
