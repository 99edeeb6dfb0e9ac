import { Button, Modal, Stack, Text } from "@mantine/core";
import { useMe } from "../../session/me";
import { SignInForm } from "../../session/sign-in-form";
import { useShell } from "./texts";

interface Props {
  /** Called with whether the person has signed in. */
  onDone: (again: boolean) => void;
}

/** Asks for the password above the page when the session has ended, so that the page stays as it is. */
export default function SignInAgain({ onDone }: Props) {
  const t = useShell();
  const { user } = useMe();
  const giveUp = () => {
    onDone(false);
    location.assign("/login");
  };
  return (
    <Modal
      opened
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
        <SignInForm email={user.email} onSignedIn={() => onDone(true)} />
        <Button variant="subtle" onClick={giveUp}>
          {t("again.giveUp")}
        </Button>
      </Stack>
    </Modal>
  );
}
