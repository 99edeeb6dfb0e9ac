import { defineTexts } from "../../i18n/texts";

export const useReset = defineTexts("reset-password", {
  en: {
    title: "Set a new password",
    hint: "All devices that are signed in have to sign in again.",
    password: "New password",
    submit: "Set password",
    done: "Your new password is set",
    signIn: "Sign in",
  },
  de: {
    title: "Neues Passwort setzen",
    hint: "Alle angemeldeten Geräte müssen sich neu anmelden.",
    password: "Neues Passwort",
    submit: "Passwort setzen",
    done: "Ihr neues Passwort ist gesetzt",
    signIn: "Anmelden",
  },
});
