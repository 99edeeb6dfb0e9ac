import { Anchor, Button, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { OutsidePage } from "../../components/outside-page";
import { useCommon } from "../../i18n/common";
import { post } from "../../session/sign-in";
import { useForgot } from "./texts";

export default function ForgotPasswordPage() {
  const t = useForgot();
  const common = useCommon();
  const form = useForm({
    initialValues: { email: "" },
    validate: { email: (value) => (/^\S+@\S+$/.test(value) ? null : common("invalidEmail")) },
  });
  const request = useMutation({
    meta: { silent: true },
    mutationFn: (content: { email: string }) => post("/api/v1/auth/forgot-password", content),
  });
  const back = (
    <Anchor component={Link} to="/login" size="sm">
      {t("back")}
    </Anchor>
  );
  if (request.isSuccess) {
    return (
      <OutsidePage title={t("sent")} hint={t("sentHint", form.values)} foot={back}>
        {null}
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title={t("title")} hint={t("hint")} foot={back}>
      <form onSubmit={form.onSubmit((values) => request.mutate(values))} noValidate>
        <Stack gap="sm">
          <TextInput
            label={common("email")}
            type="email"
            autoComplete="username"
            autoFocus
            {...form.getInputProps("email")}
          />
          {request.error && <FailureNotice error={request.error} />}
          <Button type="submit" fullWidth loading={request.isPending}>
            {t("submit")}
          </Button>
        </Stack>
      </form>
    </OutsidePage>
  );
}
