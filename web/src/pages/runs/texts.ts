import { defineTexts } from "../../i18n/texts";

export const useRuns = defineTexts("runs", {
  en: {
    title: "Runs",
    description:
      "Everything that flows have done, newest first. Open one to see what each node got and gave.",
    status: "Status",
    any: "Any status",
    open: "Open the run of {{flow}}",
    empty: "No runs yet",
    emptyHint: "Run a flow from its editor, or publish it and call it.",
    unknown: "A flow that is deleted",
    column: {
      flow: "Flow",
      status: "Status",
      began: "Began",
      took: "Took",
      cost: "Cost",
      trigger: "Begun by",
    },
    state: {
      queued: "Queued",
      running: "Running",
      waiting: "Waiting",
      paused: "Paused",
      completed: "Completed",
      failed: "Failed",
      cancelled: "Stopped",
    },
    approvals_one: "{{count}} question waits for an answer",
    approvals_other: "{{count}} questions wait for answers",
  },
  de: {
    title: "Läufe",
    description:
      "Alles, was Abläufe getan haben, das Neueste zuerst. Öffnen Sie einen Lauf, um zu sehen, was jeder Knoten bekam und lieferte.",
    status: "Stand",
    any: "Jeder Stand",
    open: "Lauf von {{flow}} öffnen",
    empty: "Noch keine Läufe",
    emptyHint: "Führen Sie einen Ablauf im Editor aus, oder veröffentlichen Sie ihn und rufen Sie ihn auf.",
    unknown: "Ein gelöschter Ablauf",
    column: {
      flow: "Ablauf",
      status: "Stand",
      began: "Begonnen",
      took: "Dauer",
      cost: "Kosten",
      trigger: "Ausgelöst durch",
    },
    state: {
      queued: "In der Schlange",
      running: "Läuft",
      waiting: "Wartet",
      paused: "Pausiert",
      completed: "Fertig",
      failed: "Fehlgeschlagen",
      cancelled: "Angehalten",
    },
    approvals_one: "{{count}} Frage wartet auf Antwort",
    approvals_other: "{{count}} Fragen warten auf Antwort",
  },
});
