import { defineTexts } from "../../i18n/texts";

export const useWelcome = defineTexts("welcome", {
  en: {
    title: "Welcome, {{name}}",
    description:
      "What would you like to begin with? Everything here runs at once, with the built-in model: no key, no network.",
    templates: "A flow that runs",
    templatesHint: "Opens in the editor, with an example to run it with.",
    more: "All templates",
    others: "Or",
    blank: { title: "A blank page", hint: "An empty canvas, and a short tour of the editor." },
    sample: {
      title: "Ask documents",
      hint: "Four short documents of a bicycle shop, ready for your questions.",
    },
    later: "Go to the first page",
    project: "My first project",
    flow: "My first flow",
    about: {
      "document-qa": {
        name: "Document Q&A",
        summary: "Ask the sample documents in a chat, and get answers with checked citations.",
      },
      "support-chatbot": {
        name: "Support chatbot",
        summary: "Answers customers from help pages, and hands over to a person when it does not know.",
      },
      "content-generator": {
        name: "Content generator",
        summary: "Writes a post in steps: outline, draft, a strict review, a second draft.",
      },
    },
  },
  de: {
    title: "Willkommen, {{name}}",
    description:
      "Womit möchten Sie beginnen? Alles hier läuft sofort, mit dem eingebauten Modell: ohne Schlüssel, ohne Netz.",
    templates: "Ein Ablauf, der läuft",
    templatesHint: "Öffnet sich im Editor, mit einem Beispiel zum Ausführen.",
    more: "Alle Vorlagen",
    others: "Oder",
    blank: {
      title: "Eine leere Seite",
      hint: "Eine leere Zeichenfläche und eine kurze Führung durch den Editor.",
    },
    sample: {
      title: "Dokumente befragen",
      hint: "Vier kurze Dokumente eines Fahrradgeschäfts, bereit für Ihre Fragen.",
    },
    later: "Zur Startseite",
    project: "Mein erstes Projekt",
    flow: "Mein erster Ablauf",
    about: {
      "document-qa": {
        name: "Fragen an Dokumente",
        summary: "Befragen Sie die Beispieldokumente im Chat; die Antworten haben geprüfte Quellen.",
      },
      "support-chatbot": {
        name: "Support-Chatbot",
        summary: "Antwortet Kunden aus Hilfeseiten und übergibt an einen Menschen, wenn er nicht weiterweiß.",
      },
      "content-generator": {
        name: "Texte erzeugen",
        summary:
          "Schreibt einen Beitrag in Schritten: Gliederung, Entwurf, strenge Prüfung, zweiter Entwurf.",
      },
    },
  },
});
