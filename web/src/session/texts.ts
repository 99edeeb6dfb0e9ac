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
      passkeyHint: "Confirm with your passkey that it is you.",
    },
    passkey: {
      use: "Use a passkey",
      cancelled:
        "The passkey was not used: it was cancelled, took too long, or there is none on this device.",
      exists: "This device has a passkey of this account already.",
      otherName: "Passkeys belong to the server's public address: open the app there.",
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
      passkeyHint: "Bestätigen Sie mit Ihrem Passkey, dass Sie es sind.",
    },
    passkey: {
      use: "Passkey benutzen",
      cancelled:
        "Der Passkey wurde nicht benutzt: Es wurde abgebrochen, dauerte zu lange, oder auf diesem Gerät ist keiner.",
      exists: "Auf diesem Gerät ist schon ein Passkey dieses Kontos.",
      otherName: "Passkeys gehören zur öffentlichen Adresse des Servers: Öffnen Sie die Anwendung dort.",
    },
  },
});
