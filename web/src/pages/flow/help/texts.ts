import { defineTexts } from "../../../i18n/texts";

/** Words of the help drawer. */
export const useHelpTexts = defineTexts("flow-help", {
  en: {
    tour: "Start the tour",
    tourAgain: "Start the tour again",
    keys: "Keyboard",
    search: "Search the help for nodes",
    nodes: "Nodes",
    nothing: "No node fits. Try a word for what it shall do, such as “mail” or “list”.",
    back: "All nodes",
    add: "Add to the flow",
    inputs: "Inputs",
    outputs: "Outputs",
    none: "none",
    follows: "Its ports follow its settings.",
  },
  de: {
    tour: "Führung beginnen",
    tourAgain: "Führung noch einmal beginnen",
    keys: "Tastatur",
    search: "In der Hilfe zu Knoten suchen",
    nodes: "Knoten",
    nothing: "Kein Knoten passt. Versuchen Sie ein Wort für das, was er tun soll, etwa „mail“ oder „list“.",
    back: "Alle Knoten",
    add: "In den Ablauf einfügen",
    inputs: "Eingänge",
    outputs: "Ausgänge",
    none: "keine",
    follows: "Die Anschlüsse folgen den Einstellungen.",
  },
});
