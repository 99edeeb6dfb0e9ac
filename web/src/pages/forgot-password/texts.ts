import { defineTexts } from "../../i18n/texts";

export const useForgot = defineTexts("forgot-password", {
  en: {
    title: "Set a new password",
    hint: "We send you a link with which you set a new one.",
    submit: "Send the link",
    sent: "Look into your mail",
    sentHint: "If {{email}} has an account here, a link is on its way. It is good for one hour.",
    back: "Back to sign in",
  },
  de: {
    title: "Neues Passwort setzen",
    hint: "Wir schicken Ihnen einen Link, mit dem Sie ein neues setzen.",
    submit: "Link schicken",
    sent: "Sehen Sie in Ihre E-Mails",
    sentHint: "Wenn {{email}} hier ein Konto hat, ist ein Link unterwegs. Er gilt eine Stunde.",
    back: "Zurück zur Anmeldung",
  },
});
