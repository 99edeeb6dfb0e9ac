import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { defineTexts } from "../i18n/texts";
import { useSession } from "./texts";

const usePassword = defineTexts("password", {
  en: {
    hint: "At least 10 characters that cannot be guessed. A few random words do well.",
    short: "At least 10 characters.",
  },
  de: {
    hint: "Mindestens 10 Zeichen, die niemand errät. Einige zufällige Wörter eignen sich gut.",
    short: "Mindestens 10 Zeichen.",
  },
});

/** The least length that the server takes; how guessable a password is, only the server judges. */
export function checkPassword(password: string): string | null {
  return [...password].length < 10 ? usePassword.get("short") : null;
}

/** A password to be set. */
export function PasswordField(props: PasswordInputProps) {
  const t = usePassword();
  const session = useSession();
  return (
    <PasswordInput
      description={t("hint")}
      autoComplete="new-password"
      visibilityToggleButtonProps={{ "aria-label": session("showPassword") }}
      {...props}
    />
  );
}
