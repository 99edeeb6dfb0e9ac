import { Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { OutsidePage } from "../../components/outside-page";
import { showDone } from "../../components/toast";
import { useCommon } from "../../i18n/common";
import { currentLanguage } from "../../i18n/language";
import { checkPassword, PasswordField } from "../../session/password-field";
import { post } from "../../session/sign-in";
import { useRegister } from "./texts";

export default function RegisterPage() {
  const t = useRegister();
  const common = useCommon();
  const form = useForm({
    initialValues: { name: "", email: "", password: "" },
    validate: {
      name: (value) => (value.trim() ? null : common("required")),
      email: (value) => (/^\S+@\S+$/.test(value) ? null : common("invalidEmail")),
      password: checkPassword,
    },
  });
  const registration = useMutation({
    meta: { silent: true },
    mutationFn: (content: typeof form.values) =>
      post("/api/v1/auth/register", { ...content, locale: currentLanguage() }),
  });
  const resend = useMutation({
    mutationFn: (email: string) => post("/api/v1/auth/resend-verification", { email }),
    onSuccess: () => showDone(t("sentAgain")),
  });
  const { email } = form.values;
  if (registration.isSuccess) {
    return (
      <OutsidePage title={t("sent")} hint={t("sentHint", { email })}>
        <Stack gap="xs">
          <Button variant="default" loading={resend.isPending} onClick={() => resend.mutate(email)}>
            {t("again")}
          </Button>
          <Button component={Link} to="/login" variant="subtle">
            {t("toSignIn")}
          </Button>
        </Stack>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage
      title={t("title")}
      foot={
        <Anchor component={Link} to="/login" size="sm">
          {t("signIn")}
        </Anchor>
      }
    >
      <form onSubmit={form.onSubmit((values) => registration.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput label={t("name")} autoComplete="name" autoFocus {...form.getInputProps("name")} />
          <TextInput
            label={common("email")}
            type="email"
            autoComplete="username"
            {...form.getInputProps("email")}
          />
          <PasswordField label={common("password")} {...form.getInputProps("password")} />
          {registration.error && <FailureNotice error={registration.error} />}
          <Button type="submit" fullWidth loading={registration.isPending}>
            {t("submit")}
          </Button>
        </Stack>
      </form>
    </OutsidePage>
  );
}
