import { defineTexts } from "../../i18n/texts";

export const useLogin = defineTexts("login", {
  en: {
    title: "Sign in",
    forgot: "Forgot your password?",
    register: "Create an account",
    or: "or",
    continueWith: "Continue with {{provider}}",
    setup: "Nobody has an account yet. Open the setup link that the program printed when it started.",
  },
  de: {
    title: "Anmelden",
    forgot: "Passwort vergessen?",
    register: "Konto erstellen",
    or: "oder",
    continueWith: "Weiter mit {{provider}}",
    setup:
      "Noch hat niemand ein Konto. Öffnen Sie den Einrichtungslink, den das Programm beim Start ausgegeben hat.",
  },
});
