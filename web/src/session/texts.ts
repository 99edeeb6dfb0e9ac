import { defineTexts } from "../i18n/texts";

/** Words of signing in, which the dialog above the pages needs as well. */
export const useSession = defineTexts("session", {
  en: {
    signIn: "Sign in",
    showPassword: "Show or hide the password",
    second: {
      title: "Second step",
      hint: "Enter the code that your authenticator app shows.",
      code: "Code",
      recoveryHint: "Enter one of your recovery codes. Each works once.",
      recovery: "Recovery code",
      useRecovery: "Use a recovery code",
      useApp: "Use the authenticator app",
      usePasskey: "Use a passkey",
    },
  },
  de: {
    signIn: "Anmelden",
    showPassword: "Passwort zeigen oder verbergen",
    second: {
      title: "Zweiter Schritt",
      hint: "Geben Sie den Code ein, den Ihre Authenticator-App zeigt.",
      code: "Code",
      recoveryHint: "Geben Sie einen Ihrer Wiederherstellungscodes ein. Jeder gilt einmal.",
      recovery: "Wiederherstellungscode",
      useRecovery: "Wiederherstellungscode benutzen",
      useApp: "Authenticator-App benutzen",
      usePasskey: "Passkey benutzen",
    },
  },
});
