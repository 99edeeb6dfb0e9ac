import { Button, Stack, Text, TextInput } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { useState } from "react";
import { FailureNotice } from "../components/failure-notice";
import { useCommon } from "../i18n/common";
import { canUsePasskeys, usedPasskey } from "./passkey";
import { post, type SecondStep, useSignIn } from "./sign-in";
import { useSession } from "./texts";

interface Props {
  step: SecondStep;
  onSignedIn: () => void;
  onBack: () => void;
}

/** The words of `SecondFactor` in `accounts/src/mfa.rs`. */
type Method = "totp" | "passkey" | "recovery_code";

const order: Method[] = ["totp", "passkey", "recovery_code"];

/** The second factor: a code of the app, a passkey, or a recovery code. */
export function SecondStepForm({ step, onSignedIn, onBack }: Props) {
  const t = useSession();
  const common = useCommon();
  const methods = order.filter(
    (method) => step.methods.includes(method) && (method !== "passkey" || canUsePasskeys()),
  );
  const [chosen, setChosen] = useState<Method>(methods[0] ?? "recovery_code");
  const others: Record<Method, string> = {
    totp: t("second.useApp"),
    passkey: t("second.usePasskey"),
    recovery_code: t("second.useRecovery"),
  };
  return (
    <Stack gap="sm">
      {chosen === "passkey" ? (
        <PasskeyStep token={step.mfa_token} onSignedIn={onSignedIn} />
      ) : (
        <CodeStep
          key={chosen}
          token={step.mfa_token}
          isRecovery={chosen === "recovery_code"}
          onSignedIn={onSignedIn}
        />
      )}
      {methods
        .filter((method) => method !== chosen)
        .map((method) => (
          <Button key={method} variant="subtle" onClick={() => setChosen(method)}>
            {others[method]}
          </Button>
        ))}
      <Button variant="subtle" color="gray" onClick={onBack}>
        {common("back")}
      </Button>
    </Stack>
  );
}

interface StepProps {
  token: string;
  onSignedIn: () => void;
}

function CodeStep({ token, isRecovery, onSignedIn }: StepProps & { isRecovery: boolean }) {
  const t = useSession();
  const signIn = useSignIn();
  const [code, setCode] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const content = { mfa_token: token, code: code.trim() };
        signIn.mutate({ path: "mfa/verify", content }, { onSuccess: onSignedIn });
      }}
    >
      <Stack gap="sm">
        <Text size="sm">{isRecovery ? t("second.recoveryHint") : t("second.hint")}</Text>
        <TextInput
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
      </Stack>
    </form>
  );
}

function PasskeyStep({ token, onSignedIn }: StepProps) {
  const t = useSession();
  const signIn = useSignIn();
  const content = async () => {
    const { public_key } = await post<{ public_key: Record<string, unknown> }>(
      "/api/v1/auth/mfa/passkey-options",
      { mfa_token: token },
    );
    return { mfa_token: token, passkey: await usedPasskey(public_key) };
  };
  return (
    <Stack gap="sm">
      <Text size="sm">{t("second.passkeyHint")}</Text>
      {signIn.error && <FailureNotice error={signIn.error} />}
      <Button
        leftSection={<IconFingerprint size={18} />}
        loading={signIn.isPending}
        onClick={() => signIn.mutate({ path: "mfa/verify", content }, { onSuccess: onSignedIn })}
      >
        {t("passkey.use")}
      </Button>
    </Stack>
  );
}
