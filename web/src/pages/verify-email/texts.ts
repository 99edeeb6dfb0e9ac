import { defineTexts } from "../../i18n/texts";

export const useVerify = defineTexts("verify-email", {
  en: {
    title: "Confirm your address",
    hint: "One click, and you can sign in.",
    confirm: "Confirm address",
    done: "Your address is confirmed",
    signIn: "Sign in",
  },
  de: {
    title: "Adresse bestätigen",
    hint: "Ein Klick, und Sie können sich anmelden.",
    confirm: "Adresse bestätigen",
    done: "Ihre Adresse ist bestätigt",
    signIn: "Anmelden",
  },
});
