import { ActionIcon, Box, Button, Group, Menu, Paper, Stack, Switch, Text, Title } from "@mantine/core";
import { IconDots, IconPlus, IconReplace, IconTrash } from "@tabler/icons-react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, body } from "../../api/client";
import { Confirm } from "../../components/confirm";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { showDone } from "../../components/toast";
import { ago } from "../../i18n/format";
import { useMay } from "../../session/me";
import { CredentialForm } from "./credential-form";
import { type Credential, type Provider, useCredentialList } from "./data";
import { ProbeResult } from "./provider-details";
import { useModelTexts } from "./texts";

/** The organization's own keys for a provider. */
export function Credentials({ provider }: { provider: Provider }) {
  const t = useModelTexts();
  const may = useMay();
  const list = useCredentialList();
  const own = list.data?.filter((one) => one.provider === provider.id) ?? [];
  const [isAdding, setAdding] = useState(false);
  const showsForm =
    may("credentials:write") && list.data && (isAdding || (own.length === 0 && !provider.usable));
  return (
    <section>
      <Title order={3} mb={2}>
        {t("credentials.title")}
      </Title>
      <Text size="xs" c="dimmed" mb="xs">
        {t("credentials.hint")}
      </Text>
      <Stack gap="sm">
        {list.error && <FailureNotice error={list.error} onRetry={list.refetch} />}
        {list.isPending && <Pending rows={1} height={48} />}
        {list.data && own.length === 0 && (
          <Text size="sm">
            {t("credentials.none")}{" "}
            {provider.usable && !provider.key_optional && t("credentials.fromConfiguration")}
          </Text>
        )}
        {own.map((credential) => (
          <Row key={credential.id} credential={credential} />
        ))}
        {showsForm && (
          <CredentialForm
            provider={provider}
            suggested={own.length === 0 ? provider.title : ""}
            onDone={() => setAdding(false)}
            onCancel={isAdding ? () => setAdding(false) : undefined}
          />
        )}
        {may("credentials:write") && list.data && !showsForm && (
          <Button
            variant="default"
            leftSection={<IconPlus size={16} />}
            style={{ alignSelf: "flex-start" }}
            onClick={() => setAdding(true)}
          >
            {t("credentials.add")}
          </Button>
        )}
      </Stack>
    </section>
  );
}

function Row({ credential }: { credential: Credential }) {
  const t = useModelTexts();
  const may = useMay();
  const client = useQueryClient();
  const [isReplacing, setReplacing] = useState(false);
  const [isDeleting, setDeleting] = useState(false);
  const params = { path: { id: credential.id } };
  const refresh = () =>
    Promise.all(
      ["credentials", "providers", "models"].map((key) => client.invalidateQueries({ queryKey: [key] })),
    );
  const change = useMutation({
    mutationFn: (isActive: boolean) =>
      body(api.PATCH("/api/v1/credentials/{id}", { params, body: { is_active: isActive } })),
    onSuccess: refresh,
  });
  const deletion = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/credentials/{id}", { params })),
    onSuccess: () => {
      setDeleting(false);
      showDone(t("credentials.deleted", { name: credential.name }));
      return refresh();
    },
  });
  const test = useMutation({
    meta: { silent: true },
    mutationFn: () => body(api.POST("/api/v1/credentials/{id}/test", { params, body: {} })),
  });
  return (
    <Paper px="sm" py="xs">
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Box miw={0}>
          <Text size="sm" fw={550} className="truncate">
            {credential.name}
          </Text>
          <Text size="xs" c="dimmed">
            {credential.is_active ? t("credentials.active") : t("credentials.inactive")} ·{" "}
            {t("credentials.stores", { when: ago(credential.updated_at) })}
          </Text>
        </Box>
        {may("credentials:write") && (
          <Group gap="xs" wrap="nowrap">
            <Button
              size="compact-sm"
              variant="default"
              loading={test.isPending}
              onClick={() => test.mutate()}
              disabled={!credential.is_active}
            >
              {t("credentials.test")}
            </Button>
            <Switch
              aria-label={t("credentials.switch", { name: credential.name })}
              checked={credential.is_active}
              disabled={change.isPending}
              onChange={(event) => change.mutate(event.currentTarget.checked)}
            />
            <Menu>
              <Menu.Target>
                <ActionIcon aria-label={t("credentials.menu", { name: credential.name })}>
                  <IconDots size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconReplace size={15} />} onClick={() => setReplacing(true)}>
                  {t("credentials.replace")}
                </Menu.Item>
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={15} />}
                  onClick={() => setDeleting(true)}
                >
                  {t("credentials.delete")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        )}
      </Group>
      {isReplacing && (
        <Box mt="sm">
          <CredentialForm
            credential={credential}
            onDone={() => setReplacing(false)}
            onCancel={() => setReplacing(false)}
          />
        </Box>
      )}
      {(test.error || test.data) && (
        <Box mt="xs">
          {test.error ? <FailureNotice error={test.error} /> : test.data && <ProbeResult probe={test.data} />}
        </Box>
      )}
      <Confirm
        isOpen={isDeleting}
        title={t("credentials.deleteTitle", { name: credential.name })}
        hint={t("credentials.deleteHint")}
        confirm={t("credentials.delete")}
        isBusy={deletion.isPending}
        onConfirm={() => deletion.mutate()}
        onClose={() => setDeleting(false)}
      />
    </Paper>
  );
}
