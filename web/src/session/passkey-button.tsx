import { Button, Stack } from "@mantine/core";
import { IconFingerprint } from "@tabler/icons-react";
import { FailureNotice } from "../components/failure-notice";
import { canUsePasskeys, usedPasskey } from "./passkey";
import { post, useSignIn } from "./sign-in";
import { useSession } from "./texts";

interface Props {
  onSignedIn: () => void;
}

/** Signs in by a passkey alone; absent where the browser has none. */
export function PasskeyButton({ onSignedIn }: Props) {
  const t = useSession();
  const signIn = useSignIn();
  if (!canUsePasskeys()) return null;
  const content = async () => {
    const { public_key } = await post<{ public_key: Record<string, unknown> }>(
      "/api/v1/auth/passkeys/login/options",
    );
    return { credential: await usedPasskey(public_key) };
  };
  return (
    <Stack gap="sm">
      {signIn.error && <FailureNotice error={signIn.error} />}
      <Button
        variant="default"
        fullWidth
        leftSection={<IconFingerprint size={18} />}
        loading={signIn.isPending}
        onClick={() => signIn.mutate({ path: "passkeys/login", content }, { onSuccess: onSignedIn })}
      >
        {t("passkey.use")}
      </Button>
    </Stack>
  );
}
