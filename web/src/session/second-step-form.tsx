import { Button, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { FailureNotice } from "../components/failure-notice";
import { useCommon } from "../i18n/common";
import { type SecondStep, useSignIn } from "./sign-in";
import { useSession } from "./texts";

interface Props {
  step: SecondStep;
  onSignedIn: () => void;
  onBack: () => void;
}

/** The second factor: a code of the app, or a recovery code. */
export function SecondStepForm({ step, onSignedIn, onBack }: Props) {
  const t = useSession();
  const common = useCommon();
  const signIn = useSignIn();
  const [isRecovery, setRecovery] = useState(false);
  const [code, setCode] = useState("");
  const submit = () =>
    signIn.mutate(
      { path: "login/mfa", content: { mfa_token: step.mfa_token, code: code.trim() } },
      { onSuccess: onSignedIn },
    );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{isRecovery ? t("second.recoveryHint") : t("second.hint")}</Text>
        <TextInput
          key={String(isRecovery)}
          label={isRecovery ? t("second.recovery") : t("second.code")}
          autoComplete="one-time-code"
          inputMode={isRecovery ? "text" : "numeric"}
          value={code}
          onChange={(event) => setCode(event.currentTarget.value)}
          autoFocus
        />
        {signIn.error && <FailureNotice error={signIn.error} />}
        <Button type="submit" loading={signIn.isPending} disabled={code.trim() === ""}>
          {t("signIn")}
        </Button>
        <Button
          variant="subtle"
          onClick={() => {
            setRecovery(!isRecovery);
            setCode("");
          }}
        >
          {isRecovery ? t("second.useApp") : t("second.useRecovery")}
        </Button>
        <Button variant="subtle" color="gray" onClick={onBack}>
          {common("back")}
        </Button>
      </Stack>
    </form>
  );
}
