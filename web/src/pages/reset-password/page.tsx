import { Button, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { OutsidePage } from "../../components/outside-page";
import { checkPassword, PasswordField } from "../../session/password-field";
import { post } from "../../session/sign-in";
import { useReset } from "./texts";

export default function ResetPasswordPage() {
  const t = useReset();
  const { token = "" } = useSearch({ strict: false }) as { token?: string };
  const form = useForm({ initialValues: { password: "" }, validate: { password: checkPassword } });
  const reset = useMutation({
    meta: { silent: true },
    mutationFn: ({ password }: { password: string }) =>
      post("/api/v1/auth/reset-password", { token, password }),
  });
  if (reset.isSuccess) {
    return (
      <OutsidePage title={t("done")}>
        <Button component={Link} to="/login" fullWidth>
          {t("signIn")}
        </Button>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title={t("title")} hint={t("hint")}>
      <form onSubmit={form.onSubmit((values) => reset.mutate(values))} noValidate>
        <Stack gap="sm">
          <PasswordField label={t("password")} autoFocus {...form.getInputProps("password")} />
          {reset.error && <FailureNotice error={reset.error} />}
          <Button type="submit" fullWidth loading={reset.isPending}>
            {t("submit")}
          </Button>
        </Stack>
      </form>
    </OutsidePage>
  );
}
