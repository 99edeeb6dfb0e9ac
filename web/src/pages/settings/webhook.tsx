import { Alert, Badge, Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "../../../types/schema";
import { api, body } from "../../api/client";
import { Failure } from "../../api/failure";
import { CodeBlock } from "../../components/code-block";
import { Confirm } from "../../components/confirm";
import { FailureNotice } from "../../components/failure-notice";
import { Pending } from "../../components/pending";
import { showDone } from "../../components/toast";
import { ago, dateTime } from "../../i18n/format";
import { useMay } from "../../session/me";
import { useSettings } from "./texts";

type Hook = components["schemas"]["Webhook"];

/** Where the organization is told of alerts besides by mail. */
export function Webhook() {
  const t = useSettings();
  const hook = useQuery({
    queryKey: ["webhook"],
    queryFn: async (): Promise<Hook | null> => {
      try {
        return await body(api.GET("/api/v1/webhook"));
      } catch (error) {
        if (Failure.of(error).status === 404) return null;
        throw error;
      }
    },
  });
  return (
    <section>
      <Title order={2} mb={2}>
        {t("webhook.title")}
      </Title>
      <Text size="sm" c="dimmed" mb="sm" maw={640}>
        {t("webhook.hint")}
      </Text>
      {hook.error && <FailureNotice error={hook.error} onRetry={hook.refetch} />}
      {hook.isPending && <Pending rows={2} />}
      {hook.data !== undefined && (
        <Stack gap="md">
          <Address hook={hook.data} />
          {hook.data && <Deliveries />}
        </Stack>
      )}
    </section>
  );
}

function isAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function Address({ hook }: { hook: Hook | null }) {
  const t = useSettings();
  const may = useMay();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { url: hook?.url ?? "" },
    validate: { url: (value) => (isAddress(value.trim()) ? null : t("webhook.wrongUrl")) },
  });
  const refresh = () => client.invalidateQueries({ queryKey: ["webhook"] });
  const setting = useMutation({
    meta: { silent: true },
    mutationFn: (url: string) => body(api.PUT("/api/v1/webhook", { body: { url } })),
    onSuccess: (_, url) => {
      form.resetDirty({ url });
      return refresh();
    },
  });
  if (!may("limits:write")) {
    return <Text size="sm">{hook?.url ?? "–"}</Text>;
  }
  return (
    <Paper p="md" radius="lg">
      <Stack gap="sm">
        <form onSubmit={form.onSubmit(({ url }) => setting.mutate(url.trim()))} noValidate>
          <Group gap="xs" align="flex-start">
            <TextInput
              flex="1 1 240px"
              type="url"
              label={t("webhook.url")}
              description={t("webhook.urlHint")}
              placeholder="https://"
              inputWrapperOrder={["label", "input", "error", "description"]}
              {...form.getInputProps("url")}
            />
            <Button
              type="submit"
              mt={{ base: 0, xs: 23 }}
              loading={setting.isPending}
              disabled={!form.isDirty()}
            >
              {hook ? t("webhook.replace") : t("webhook.set")}
            </Button>
          </Group>
        </form>
        {setting.error && <FailureNotice error={setting.error} />}
        {setting.data && (
          <Alert color="yellow" variant="light">
            <Text size="sm" mb="xs">
              {t("webhook.newSecret")}
            </Text>
            <CodeBlock code={setting.data.secret} label={t("webhook.secret")} wrap />
          </Alert>
        )}
        {hook && <Actions onRemoved={() => form.setInitialValues({ url: "" })} />}
      </Stack>
    </Paper>
  );
}

function Actions({ onRemoved }: { onRemoved: () => void }) {
  const t = useSettings();
  const client = useQueryClient();
  const [isRemoving, setRemoving] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["webhook"] });
  const test = useMutation({
    meta: { silent: true },
    mutationFn: () => body(api.POST("/api/v1/webhook/test")),
    onSettled: refresh,
  });
  const removal = useMutation({
    mutationFn: () => body(api.DELETE("/api/v1/webhook")),
    onSettled: () => setRemoving(false),
    onSuccess: () => {
      showDone(t("webhook.removed"));
      onRemoved();
      return refresh();
    },
  });
  return (
    <>
      <Group gap="xs">
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {t("webhook.test")}
        </Button>
        <Button color="red" variant="light" onClick={() => setRemoving(true)}>
          {t("webhook.remove")}
        </Button>
      </Group>
      {test.error && <FailureNotice error={test.error} />}
      {test.data && (
        <Alert
          role="status"
          variant="light"
          color={test.data.delivered ? "petrol" : "red"}
          title={
            test.data.delivered
              ? t("webhook.delivered", { status: test.data.status ?? "–" })
              : t("webhook.refused")
          }
        >
          {test.data.error}
        </Alert>
      )}
      <Confirm
        isOpen={isRemoving}
        title={t("webhook.removeTitle")}
        hint={t("webhook.removeHint")}
        confirm={t("webhook.remove")}
        isBusy={removal.isPending}
        onConfirm={() => removal.mutate()}
        onClose={() => setRemoving(false)}
      />
    </>
  );
}

function Deliveries() {
  const t = useSettings();
  const list = useQuery({
    queryKey: ["webhook", "deliveries"],
    queryFn: async () => {
      const params = { query: { limit: 20 } };
      return (await body(api.GET("/api/v1/webhook/deliveries", { params }))).data;
    },
  });
  return (
    <section>
      <Title order={3} mb="xs">
        {t("webhook.deliveries")}
      </Title>
      {list.error && <FailureNotice error={list.error} onRetry={list.refetch} />}
      {list.isPending && <Pending rows={2} />}
      {list.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("webhook.noDeliveries")}
        </Text>
      )}
      {list.data && list.data.length > 0 && (
        <Paper radius="lg">
          {list.data.map((one) => (
            <Stack key={one.id} px="md" py="xs" gap={2}>
              <Group justify="space-between" gap="xs">
                <Group gap="xs">
                  <Text size="sm" ff="monospace">
                    {one.event}
                  </Text>
                  {one.delivered_at ? (
                    <Badge>{t("webhook.arrived")}</Badge>
                  ) : one.next_attempt_at ? (
                    <Badge color="orange">{t("webhook.waiting", { attempts: one.attempts })}</Badge>
                  ) : (
                    <Badge color="red">{t("webhook.failed")}</Badge>
                  )}
                </Group>
                <Text size="xs" c="dimmed" title={dateTime(one.created_at)}>
                  {ago(one.created_at)}
                </Text>
              </Group>
              {one.last_error && (
                <Text size="xs" c="var(--mantine-color-error)">
                  {one.last_error}
                </Text>
              )}
            </Stack>
          ))}
        </Paper>
      )}
    </section>
  );
}
