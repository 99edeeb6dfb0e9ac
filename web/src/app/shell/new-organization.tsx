import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { isSlug, slugOf } from "../../components/slug";
import { useCommon } from "../../i18n/common";
import { meQuery } from "../../session/me";
import { useSwitchOrganization } from "../../session/switch-organization";
import { useShell } from "./texts";

/** Makes an organization, and moves the session there. */
export default function NewOrganization({ onClose }: { onClose: () => void }) {
  const t = useShell();
  const common = useCommon();
  const client = useQueryClient();
  const switchTo = useSwitchOrganization();
  const form = useForm({
    initialValues: { name: "", slug: "" },
    validate: {
      name: (value) => (value.trim() ? null : common("required")),
      slug: (value) => (isSlug(value.trim()) ? null : t("organization.wrongSlug")),
    },
    onValuesChange: (next, before) => {
      // The short name follows the name until somebody writes one.
      if (next.name !== before.name && before.slug === slugOf(before.name)) {
        form.setFieldValue("slug", slugOf(next.name));
      }
    },
  });
  const creation = useMutation({
    meta: { silent: true },
    mutationFn: async ({ name, slug }: typeof form.values) => {
      const content = { name: name.trim(), slug: slug.trim() };
      const made = await body(api.POST("/api/v1/organizations", { body: content }));
      await switchTo.mutateAsync(made.id);
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
  return (
    <Modal opened onClose={onClose} title={t("newOrganization")}>
      <form onSubmit={form.onSubmit((values) => creation.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput
            label={common("name")}
            maxLength={200}
            required
            data-autofocus
            {...form.getInputProps("name")}
          />
          <TextInput
            label={t("organization.slug")}
            description={t("organization.slugHint")}
            maxLength={64}
            required
            {...form.getInputProps("slug")}
          />
          {creation.error && <FailureNotice error={creation.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {common("cancel")}
            </Button>
            <Button type="submit" loading={creation.isPending}>
              {common("create")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
