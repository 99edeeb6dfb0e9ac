import { defineTexts } from "../../i18n/texts";

export const useSetup = defineTexts("setup", {
  en: {
    title: "Set up your instance",
    hint: "This account owns the instance and its first organization. Others are invited later.",
    organization: "Organization",
    organizationHint: "The name of your company or team.",
    name: "Your name",
    submit: "Create account and start",
    done: "This instance is set up already",
    doneHint: "Sign in with your account, or ask its owner for an invitation.",
    invalid: "This link is not valid any more",
    invalidHint: "Each start of the program prints a new link while there is no owner. Use the newest one.",
    signIn: "Sign in",
  },
  de: {
    title: "Instanz einrichten",
    hint: "Diesem Konto gehören die Instanz und ihre erste Organisation. Andere laden Sie später ein.",
    organization: "Organisation",
    organizationHint: "Der Name Ihrer Firma oder Ihres Teams.",
    name: "Ihr Name",
    submit: "Konto erstellen und loslegen",
    done: "Diese Instanz ist schon eingerichtet",
    doneHint: "Melden Sie sich an, oder bitten Sie ihren Besitzer um eine Einladung.",
    invalid: "Dieser Link gilt nicht mehr",
    invalidHint:
      "Solange es keinen Besitzer gibt, druckt das Programm bei jedem Start einen neuen Link. Benutzen Sie den neuesten.",
    signIn: "Anmelden",
  },
});
