import { defineTexts } from "../../i18n/texts";

export const useApprovals = defineTexts("approvals", {
  en: {
    title: "Approvals",
    description: "Runs that wait for a person. The first answer counts.",
    empty: "Nobody waits for you",
    emptyHint: "When a flow asks a person, the question is here and on the run itself.",
    asked: "Asked {{ago}}",
    until: "until {{time}}",
    show: "Show the run",
  },
  de: {
    title: "Freigaben",
    description: "Läufe, die auf einen Menschen warten. Die erste Antwort zählt.",
    empty: "Niemand wartet auf Sie",
    emptyHint: "Wenn ein Ablauf einen Menschen fragt, steht die Frage hier und beim Lauf selbst.",
    asked: "Gefragt {{ago}}",
    until: "bis {{time}}",
    show: "Lauf zeigen",
  },
});
