import { Button, Modal, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useMe } from "../../session/me";
import { onExpiry } from "../../session/renewal";
import { SignInForm } from "../../session/sign-in-form";
import { useShell } from "./texts";

/** Asks for the password above the page when the session has ended, so that the page stays as it is. */
export default function SignInAgain() {
  const t = useShell();
  const { user } = useMe();
  const [answer, setAnswer] = useState<((again: boolean) => void) | null>(null);
  useEffect(() => onExpiry((reply) => setAnswer(() => reply)), []);
  const finish = () => {
    answer?.(true);
    setAnswer(null);
  };
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
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {t("again.hint")}
        </Text>
        <SignInForm email={user.email} onSignedIn={finish} />
        <Button variant="subtle" onClick={giveUp}>
          {t("again.giveUp")}
        </Button>
      </Stack>
    </Modal>
  );
}
