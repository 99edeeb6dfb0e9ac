import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { components } from "../../../types/schema";
import { Failure } from "../../api/failure";
import { FailureNotice } from "../../components/failure-notice";
import { OutsidePage } from "../../components/outside-page";
import { Pending } from "../../components/pending";
import { useCommon } from "../../i18n/common";
import { checkPassword, PasswordField } from "../../session/password-field";
import { post } from "../../session/sign-in";
import { useInvitation } from "./texts";

type Preview = components["schemas"]["InvitationPreview"];

export default function InvitationPage() {
  const t = useInvitation();
  const { token = "" } = useSearch({ strict: false }) as { token?: string };
  const preview = useQuery({
    queryKey: ["invitation", token],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: () => post<Preview>("/api/v1/invitations/preview", { token }),
  });
  if (preview.data) return <Invitation token={token} preview={preview.data} />;
  if (preview.error && Failure.of(preview.error).status < 500 && Failure.of(preview.error).status > 0) {
    return (
      <OutsidePage title={t("invalid")} hint={t("invalidHint")}>
        <Button component={Link} to="/login" fullWidth variant="default">
          {t("signIn")}
        </Button>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title="NoCode AI Builder">
      {preview.error ? (
        <FailureNotice error={preview.error} onRetry={preview.refetch} />
      ) : (
        <Pending rows={4} />
      )}
    </OutsidePage>
  );
}

function Invitation({ token, preview }: { token: string; preview: Preview }) {
  const t = useInvitation();
  const common = useCommon();
  const { organization, email, role, has_account: hasAccount } = preview;
  const form = useForm({
    initialValues: { name: "", password: "" },
    validate: hasAccount
      ? {}
      : { name: (value) => (value.trim() ? null : common("required")), password: checkPassword },
  });
  const acceptance = useMutation({
    meta: { silent: true },
    mutationFn: (person: typeof form.values) =>
      post("/api/v1/invitations/accept", hasAccount ? { token } : { token, ...person }),
  });
  if (acceptance.isSuccess) {
    return (
      <OutsidePage title={t("done", { organization })} hint={t("doneHint")}>
        <Button component={Link} to="/login" fullWidth>
          {t("signIn")}
        </Button>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title={t("title", { organization })} hint={t("hint", { email, role: t(`roles.${role}`) })}>
      <form onSubmit={form.onSubmit((person) => acceptance.mutate(person))} noValidate>
        <Stack gap="sm">
          {hasAccount ? (
            <Text size="sm">{t("has")}</Text>
          ) : (
            <>
              <TextInput label={t("name")} autoComplete="name" autoFocus {...form.getInputProps("name")} />
              <TextInput
                label={common("email")}
                value={email}
                autoComplete="username"
                readOnly
                variant="filled"
              />
              <PasswordField label={common("password")} {...form.getInputProps("password")} />
            </>
          )}
          {acceptance.error && <FailureNotice error={acceptance.error} />}
          <Button type="submit" fullWidth loading={acceptance.isPending}>
            {t("accept")}
          </Button>
        </Stack>
      </form>
    </OutsidePage>
  );
}
