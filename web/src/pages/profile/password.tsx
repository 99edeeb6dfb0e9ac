import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, body } from "../../api/client";
import { FailureNotice } from "../../components/failure-notice";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { meQuery, useMe } from "../../session/me";
import { checkPassword, PasswordField } from "../../session/password-field";
import { useSession } from "../../session/texts";
import { useProfile } from "./texts";

/** Sets another password, or the first one of somebody who signs in by other means. */
export function Password() {
  const t = useProfile();
  const common = useCommon();
  const session = useSession();
  const { user } = useMe();
  const client = useQueryClient();
  const hasOne = Boolean(user.password_changed_at);
  const form = useForm({
    initialValues: { current: "", next: "" },
    validate: {
      current: (value) => (value || !hasOne ? null : common("required")),
      next: checkPassword,
    },
  });
  const change = useMutation({
    meta: { silent: true },
    mutationFn: ({ current, next }: typeof form.values) =>
      body(
        api.POST("/api/v1/auth/change-password", {
          body: { current_password: hasOne ? current : undefined, new_password: next },
        }),
      ),
    onSuccess: () => {
      showDone(t("changed"));
      form.reset();
      return client.invalidateQueries({ queryKey: meQuery.queryKey });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => change.mutate(values))} noValidate>
      <Stack gap="sm">
        {hasOne && (
          <PasswordInput
            label={t("current")}
            autoComplete="current-password"
            visibilityToggleButtonProps={{ "aria-label": session("showPassword") }}
            {...form.getInputProps("current")}
          />
        )}
        <PasswordField label={t("next")} {...form.getInputProps("next")} />
        {change.error && <FailureNotice error={change.error} />}
        <Group>
          <Button type="submit" variant="default" loading={change.isPending}>
            {t("change")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
