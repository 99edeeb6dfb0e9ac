import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type ReactNode, useState } from "react";
import { FailureNotice } from "../components/failure-notice";
import { useCommon } from "../i18n/common";
import { PasskeyButton } from "./passkey-button";
import { SecondStepForm } from "./second-step-form";
import { type SecondStep, useSignIn } from "./sign-in";
import { useSession } from "./texts";

interface Props {
  /** The address, where it is known already. */
  email?: string;
  onSignedIn: () => void;
  /** Between password and button. */
  children?: ReactNode;
  /** Other ways to sign in, below the button. */
  others?: ReactNode;
}

/** Email and password, then the second factor where one is asked for. */
export function SignInForm({ email, onSignedIn, children, others }: Props) {
  const t = useSession();
  const common = useCommon();
  const signIn = useSignIn();
  const [second, setSecond] = useState<SecondStep | null>(null);
  const form = useForm({
    initialValues: { email: email ?? "", password: "" },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value) ? null : common("invalidEmail")),
      password: (value) => (value ? null : common("required")),
    },
  });
  if (second) return <SecondStepForm step={second} onSignedIn={onSignedIn} onBack={() => setSecond(null)} />;

  const submit = form.onSubmit((content) =>
    signIn.mutate(
      { path: "login", content },
      { onSuccess: (answer) => (answer.mfa_required ? setSecond(answer) : onSignedIn()) },
    ),
  );
  return (
    <Stack gap="sm">
      <form onSubmit={submit} noValidate>
        <Stack gap="sm">
          <TextInput
            label={common("email")}
            type="email"
            autoComplete="username"
            readOnly={email !== undefined}
            data-autofocus={email === undefined || undefined}
            {...form.getInputProps("email")}
          />
          <PasswordInput
            label={common("password")}
            autoComplete="current-password"
            data-autofocus={email !== undefined || undefined}
            visibilityToggleButtonProps={{ "aria-label": t("showPassword") }}
            {...form.getInputProps("password")}
          />
          {children}
          {signIn.error && <FailureNotice error={signIn.error} />}
          <Button type="submit" fullWidth loading={signIn.isPending}>
            {t("signIn")}
          </Button>
        </Stack>
      </form>
      <PasskeyButton onSignedIn={onSignedIn} />
      {others}
    </Stack>
  );
}
