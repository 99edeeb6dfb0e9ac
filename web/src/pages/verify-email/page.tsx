import { Button, Stack } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { FailureNotice } from "../../components/failure-notice";
import { OutsidePage } from "../../components/outside-page";
import { post } from "../../session/sign-in";
import { useVerify } from "./texts";

/** Asks for a click: programs that look into mails follow links, and would use this one up. */
export default function VerifyEmailPage() {
  const t = useVerify();
  const { token = "" } = useSearch({ strict: false }) as { token?: string };
  const confirmation = useMutation({
    meta: { silent: true },
    mutationFn: () => post("/api/v1/auth/verify-email", { token }),
  });
  if (confirmation.isSuccess) {
    return (
      <OutsidePage title={t("done")}>
        <Button component={Link} to="/login" search={{ to: "/welcome" } as never} fullWidth>
          {t("signIn")}
        </Button>
      </OutsidePage>
    );
  }
  return (
    <OutsidePage title={t("title")} hint={t("hint")}>
      <Stack gap="sm">
        {confirmation.error && <FailureNotice error={confirmation.error} />}
        <Button fullWidth loading={confirmation.isPending} onClick={() => confirmation.mutate()}>
          {t("confirm")}
        </Button>
      </Stack>
    </OutsidePage>
  );
}
