import { Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { OutsidePage } from "../../components/outside-page";
import { Pending } from "../../components/pending";
import { useCommon } from "../../i18n/common";
import { currentLanguage } from "../../i18n/language";
import { meQuery } from "../../session/me";
import { checkPassword, PasswordField } from "../../session/password-field";
import { setupQuery } from "../../session/setup";
import { post } from "../../session/sign-in";
import { useSetup } from "./texts";

export default function SetupPage() {
  const t = useSetup();
  const { token = "" } = useSearch({ strict: false }) as { token?: string };
  const setup = useQuery({ ...setupQuery(token), staleTime: Number.POSITIVE_INFINITY });
  if (setup.isPending || setup.error) {
    return (
      <OutsidePage title={t("title")}>
        {setup.error ? <FailureNotice error={setup.error} onRetry={setup.refetch} /> : <Pending rows={4} />}
      </OutsidePage>
    );
  }
  if (!setup.data.needed) {
    return (
      <OutsidePage title={t("done")} hint={t("doneHint")}>
        <Button component={Link} to="/login" fullWidth>
          {t("signIn")}
        </Button>
      </OutsidePage>
    );
  }
  if (!setup.data.token_is_valid) {
    return (
      <OutsidePage title={t("invalid")} hint={t("invalidHint")}>
        {null}
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title={t("title")} hint={t("hint")}>
      <OwnerForm token={token} />
    </OutsidePage>
  );
}

function OwnerForm({ token }: { token: string }) {
  const t = useSetup();
  const common = useCommon();
  const navigate = useNavigate();
  const client = useQueryClient();
  const form = useForm({
    initialValues: { organization: "", name: "", email: "", password: "" },
    validate: {
      organization: (value) => (value.trim() ? null : common("required")),
      name: (value) => (value.trim() ? null : common("required")),
      email: (value) => (/^\S+@\S+$/.test(value) ? null : common("invalidEmail")),
      password: checkPassword,
    },
  });
  const creation = useMutation({
    meta: { silent: true },
    mutationFn: (content: typeof form.values) =>
      post("/api/v1/setup", { ...content, token, locale: currentLanguage(), transport: "cookie" }),
    onSuccess: async () => {
      await client.resetQueries({ queryKey: meQuery.queryKey });
      await navigate({ to: "/welcome", replace: true });
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => creation.mutate(values))} noValidate>
      <Stack gap="sm">
        <TextInput
          label={t("organization")}
          description={t("organizationHint")}
          autoComplete="organization"
          autoFocus
          {...form.getInputProps("organization")}
        />
        <TextInput label={t("name")} autoComplete="name" {...form.getInputProps("name")} />
        <TextInput
          label={common("email")}
          type="email"
          autoComplete="username"
          {...form.getInputProps("email")}
        />
        <PasswordField label={common("password")} {...form.getInputProps("password")} />
        {creation.error && <FailureNotice error={creation.error} />}
        <Button type="submit" fullWidth loading={creation.isPending}>
          {t("submit")}
        </Button>
      </Stack>
    </form>
  );
}
