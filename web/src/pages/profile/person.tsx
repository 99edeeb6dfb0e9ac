import { Avatar, Button, FileButton, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Failure } from "../../api/failure";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { languages } from "../../i18n/language";
import { sessionFetch } from "../../session/fetch";
import { meQuery, useMe } from "../../session/me";
import { useProfile } from "./texts";

/** Name, picture, language of mails. */
export function Person() {
  const t = useProfile();
  const common = useCommon();
  const { user } = useMe();
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: meQuery.queryKey });
  const form = useForm({
    initialValues: { name: user.name, locale: user.locale },
    validate: { name: (value) => (value.trim() ? null : common("required")) },
  });
  const saving = useMutation({
    meta: { silent: true },
    mutationFn: (content: typeof form.values) => send("/api/v1/auth/me", "PATCH", JSON.stringify(content)),
    onSuccess: (_, saved) => {
      showDone(common("saved"));
      form.resetDirty(saved);
      return refresh();
    },
  });
  const picture = useMutation({
    mutationFn: (file: File | null) => send("/api/v1/auth/avatar", file ? "PUT" : "DELETE", file),
    onSuccess: refresh,
  });
  const url = user.avatar_updated_at
    ? `/api/v1/users/${user.id}/avatar?${Date.parse(user.avatar_updated_at)}`
    : null;
  return (
    <Stack gap="sm">
      <Group>
        <Avatar src={url} name={user.name} alt={user.name} color="petrol" size={56} radius="xl" />
        <Stack gap={4}>
          <Group gap="xs">
            <FileButton
              accept="image/png,image/jpeg,image/webp"
              onChange={(file) => file && picture.mutate(file)}
            >
              {(props) => (
                <Button size="compact-sm" variant="default" loading={picture.isPending} {...props}>
                  {t("choose")}
                </Button>
              )}
            </FileButton>
            {url && (
              <Button size="compact-sm" variant="subtle" color="gray" onClick={() => picture.mutate(null)}>
                {common("remove")}
              </Button>
            )}
          </Group>
          <Text size="xs" c="dimmed">
            {t("pictureHint")}
          </Text>
        </Stack>
      </Group>
      <form onSubmit={form.onSubmit((values) => saving.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput label={common("name")} autoComplete="name" {...form.getInputProps("name")} />
          <TextInput label={common("email")} value={user.email} readOnly variant="filled" />
          <Select
            label={t("mails")}
            allowDeselect={false}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
            {...form.getInputProps("locale")}
          />
          {saving.error && <FailureNotice error={saving.error} />}
          <Group>
            <Button type="submit" loading={saving.isPending} disabled={!form.isDirty()}>
              {common("save")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Stack>
  );
}

async function send(path: string, method: string, content: string | File | null): Promise<void> {
  const headers = typeof content === "string" ? { "content-type": "application/json" } : undefined;
  const response = await sessionFetch(path, { method, headers, body: content });
  if (!response.ok) throw Failure.from(response, await response.json().catch(() => null));
}
