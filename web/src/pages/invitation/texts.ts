import { defineTexts } from "../../i18n/texts";

export const useInvitation = defineTexts("invitation", {
  en: {
    title: "Join {{organization}}",
    hint: "You were invited as {{email}}. You will be {{role}} there.",
    roles: { owner: "an owner", admin: "an administrator", editor: "an editor", viewer: "a viewer" },
    has: "You have an account here already: accept, then sign in.",
    name: "Your name",
    accept: "Accept invitation",
    invalid: "This invitation is not valid any more",
    invalidHint: "It has expired, was withdrawn, or was accepted already. Ask for a new one.",
    done: "Welcome to {{organization}}",
    doneHint: "Sign in to begin.",
    signIn: "Sign in",
  },
  de: {
    title: "{{organization}} beitreten",
    hint: "Sie wurden als {{email}} eingeladen. Dort sind Sie dann {{role}}.",
    roles: { owner: "Besitzer", admin: "Administrator", editor: "Bearbeiter", viewer: "Betrachter" },
    has: "Sie haben hier schon ein Konto: Nehmen Sie an, und melden Sie sich dann an.",
    name: "Ihr Name",
    accept: "Einladung annehmen",
    invalid: "Diese Einladung gilt nicht mehr",
    invalidHint: "Sie ist abgelaufen, wurde zurückgezogen oder schon angenommen. Bitten Sie um eine neue.",
    done: "Willkommen bei {{organization}}",
    doneHint: "Melden Sie sich an, um zu beginnen.",
    signIn: "Anmelden",
  },
});
