import { defineTexts } from "../../i18n/texts";

export const useChecklist = defineTexts("checklist", {
  en: {
    title: "First steps",
    count: "{{done}} of {{all}} done",
    complete: "All done. This list can go.",
    dismiss: "Put away",
    open: "to do",
    done: "done",
    point: {
      model: "Let a model answer",
      flow: "Run a flow",
      document: "Add documents to ask",
      key: "Make an API key",
      publish: "Publish a flow",
      member: "Invite somebody",
    },
    go: {
      model: "Open the playground",
      flow: "Begin with one",
      document: "Sample documents",
      key: "Make one",
      publish: "To your flows",
      member: "Send an invitation",
    },
  },
  de: {
    title: "Erste Schritte",
    count: "{{done}} von {{all}} erledigt",
    complete: "Alles erledigt. Diese Liste kann weg.",
    dismiss: "Ausblenden",
    open: "offen",
    done: "erledigt",
    point: {
      model: "Ein Modell antworten lassen",
      flow: "Einen Ablauf ausführen",
      document: "Dokumente zum Befragen hinzufügen",
      key: "Einen API-Schlüssel erstellen",
      publish: "Einen Ablauf veröffentlichen",
      member: "Jemanden einladen",
    },
    go: {
      model: "Zur Spielwiese",
      flow: "Mit einem beginnen",
      document: "Beispieldokumente",
      key: "Einen erstellen",
      publish: "Zu Ihren Abläufen",
      member: "Einladung senden",
    },
  },
});
