import { defineTexts } from "../../i18n/texts";

export const useRegister = defineTexts("register", {
  en: {
    title: "Create an account",
    name: "Your name",
    submit: "Create account",
    signIn: "I have an account: sign in",
    sent: "Look into your mail",
    sentHint: "We sent a link to {{email}}. Open it to confirm the address, then sign in.",
    again: "Send it again",
    sentAgain: "A new link is on its way.",
    toSignIn: "To the sign-in page",
  },
  de: {
    title: "Konto erstellen",
    name: "Ihr Name",
    submit: "Konto erstellen",
    signIn: "Ich habe ein Konto: anmelden",
    sent: "Sehen Sie in Ihre E-Mails",
    sentHint:
      "Wir haben einen Link an {{email}} geschickt. Bestätigen Sie damit die Adresse und melden Sie sich dann an.",
    again: "Noch einmal schicken",
    sentAgain: "Ein neuer Link ist unterwegs.",
    toSignIn: "Zur Anmeldeseite",
  },
});
