import { defineTexts } from "../../../i18n/texts";

/** Words of what a flow may touch. */
export const usePermissionTexts = defineTexts("flow-permissions", {
  en: {
    title: "What the flow may touch",
    nothing: "It stays within this program: no hosts, secrets, models, collections or code.",
    isNew: "new",
    any: "any: an expression decides",
    grows_one: "One thing is new against the version so far.",
    grows_other: "{{count}} things are new against the version so far.",
    accept: "I have looked at it: the flow may do this",
    kind: {
      host: "Connects to",
      notify: "Writes to people by",
      credential: "Uses the credential",
      secret: "Reads the secret",
      model: "Asks the model",
      collection_read: "Reads the collection",
      collection_write: "Writes into the collection",
      workflow: "Runs the flow",
      code: "Runs code in",
    },
  },
  de: {
    title: "Was der Ablauf berühren darf",
    nothing: "Er bleibt in diesem Programm: keine Server, Geheimnisse, Modelle, Sammlungen und kein Code.",
    isNew: "neu",
    any: "beliebig: ein Ausdruck entscheidet",
    grows_one: "Eines ist neu gegenüber der bisherigen Version.",
    grows_other: "{{count}} Dinge sind neu gegenüber der bisherigen Version.",
    accept: "Ich habe es angesehen: Der Ablauf darf das",
    kind: {
      host: "Verbindet sich mit",
      notify: "Schreibt Menschen über",
      credential: "Benutzt die Zugangsdaten",
      secret: "Liest das Geheimnis",
      model: "Fragt das Modell",
      collection_read: "Liest die Sammlung",
      collection_write: "Schreibt in die Sammlung",
      workflow: "Führt den Ablauf aus",
      code: "Führt Code aus in",
    },
  },
});
