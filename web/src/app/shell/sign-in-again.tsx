import { Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useEffect, useState } from "react";
import { FailureNotice } from "../../components/failure-notice";
import { useCommon } from "../../i18n/common";
import { useMe } from "../../session/me";
import { onExpiry } from "../../session/renewal";
import { useSignIn } from "../../session/sign-in";
import { useShell } from "./texts";

/** Asks for the password above the page when the session has ended, so that the page stays as it is. */
export default function SignInAgain() {
  const t = useShell();
  const common = useCommon();
  const { user } = useMe();
  const signIn = useSignIn();
  const [answer, setAnswer] = useState<((again: boolean) => void) | null>(null);
  const form = useForm({ mode: "uncontrolled", initialValues: { password: "" } });
  useEffect(() => onExpiry((reply) => setAnswer(() => reply)), []);

  const submit = form.onSubmit(({ password }) =>
    signIn.mutate(
      { email: user.email, password },
      {
        onSuccess: () => {
          answer?.(true);
          setAnswer(null);
          form.reset();
        },
      },
    ),
  );
  const giveUp = () => {
    answer?.(false);
    location.assign("/login");
  };
  return (
    <Modal
      opened={answer !== null}
      onClose={giveUp}
      title={t("again.title")}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t("again.hint")}
          </Text>
          <TextInput label={common("email")} value={user.email} autoComplete="username" readOnly />
          <PasswordInput
            label={common("password")}
            autoComplete="current-password"
            data-autofocus
            key={form.key("password")}
            {...form.getInputProps("password")}
          />
          {signIn.error && <FailureNotice error={signIn.error} />}
          <Group justify="space-between">
            <Button variant="subtle" onClick={giveUp}>
              {t("again.giveUp")}
            </Button>
            <Button type="submit" loading={signIn.isPending}>
              {t("again.submit")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
