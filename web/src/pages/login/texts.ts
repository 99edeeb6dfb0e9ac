import { defineTexts } from "../../i18n/texts";

export const useLogin = defineTexts("login", {
  en: {
    title: "Sign in",
    forgot: "Forgot your password?",
    register: "Create an account",
    setup: "Nobody has an account yet. Open the setup link that the program printed when it started.",
  },
  de: {
    title: "Anmelden",
    forgot: "Passwort vergessen?",
    register: "Konto erstellen",
    setup:
      "Noch hat niemand ein Konto. Öffnen Sie den Einrichtungslink, den das Programm beim Start ausgegeben hat.",
  },
});
