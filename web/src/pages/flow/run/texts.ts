import { defineTexts } from "../../../i18n/texts";

/** Words of the test panel, and of failures and what helps. */
export const useTest = defineTexts("flow-test", {
  en: {
    title: "Test",
    close: "Close the test",
    idle: "Run the draft to see its answer, time and cost here.",
    again: "Run again with this input",
    useInput: "Test the draft with this input",
    input: "Input of this run",
    costs: "{{tokens}} tokens",
    file: {
      choose: "Choose a file",
      attach: "Attach files",
      drop: "Leave {{name}} out",
    },
    chat: {
      log: "Conversation",
      empty: "Write what a person would write. Each message runs the draft once.",
      message: "Message",
      placeholder: "Write a message",
      send: "Send",
      fresh: "New conversation",
      you: "You",
      flow: "Flow",
      thinking: "At work…",
      failed: "No answer: the run failed.",
      stopped: "No answer: the run was stopped.",
      nothing: "The flow gave no answer.",
    },
    failure: {
      remedy: "What helps",
      settings: "A setting is wrong. Correct it in the node, then try again.",
      input: "What arrived does not fit. Look at the input below, and at the node that gave it.",
      expression: "An expression could not be computed. Check the names in it, and that they have values.",
      missing:
        "Something it names is not there: a credential, a collection, a flow or a file. Choose another one, or make it.",
      forbidden: "It may not do this. Ask an administrator, or choose a model or an address that is allowed.",
      limit: "A limit or a budget is used up. Raise it in the settings, or wait until it begins anew.",
      upstream: "The other side failed or did not answer. Try again; if it stays so, look at the request.",
      timeout:
        "It took too long. Give the node more time under “On failure, time, notes”, or do less at once.",
      cancelled: "The run was stopped.",
      code: "The code failed. The message and the log say where.",
      raised: "The flow stopped itself with this message.",
      internal: "This is a fault of the program. Please report it with the message.",
      toSettings: "To the setting",
      line: "line {{line}}",
    },
    gateway: {
      title: "Calls of models",
      open: "Open the request in the gateway",
      openAt: "Open request {{number}} in the gateway: {{model}}",
    },
  },
  de: {
    title: "Test",
    close: "Test schließen",
    idle: "Führen Sie den Entwurf aus, um hier Antwort, Zeit und Kosten zu sehen.",
    again: "Mit dieser Eingabe noch einmal",
    useInput: "Entwurf mit dieser Eingabe testen",
    input: "Eingabe dieses Laufs",
    costs: "{{tokens}} Tokens",
    file: {
      choose: "Datei wählen",
      attach: "Dateien anhängen",
      drop: "{{name}} weglassen",
    },
    chat: {
      log: "Gespräch",
      empty: "Schreiben Sie, was jemand schreiben würde. Jede Nachricht führt den Entwurf einmal aus.",
      message: "Nachricht",
      placeholder: "Nachricht schreiben",
      send: "Senden",
      fresh: "Neues Gespräch",
      you: "Sie",
      flow: "Ablauf",
      thinking: "Bei der Arbeit …",
      failed: "Keine Antwort: Der Lauf ist fehlgeschlagen.",
      stopped: "Keine Antwort: Der Lauf wurde angehalten.",
      nothing: "Der Ablauf gab keine Antwort.",
    },
    failure: {
      remedy: "Was hilft",
      settings:
        "Eine Einstellung stimmt nicht. Berichtigen Sie sie im Knoten und versuchen Sie es noch einmal.",
      input:
        "Was ankam, passt nicht. Sehen Sie sich unten die Eingabe an und den Knoten, von dem sie stammt.",
      expression:
        "Ein Ausdruck ließ sich nicht berechnen. Prüfen Sie die Namen darin und ob sie einen Wert haben.",
      missing:
        "Etwas Genanntes gibt es nicht: Zugangsdaten, eine Sammlung, ein Ablauf oder eine Datei. Wählen Sie anderes oder legen Sie es an.",
      forbidden:
        "Das ist nicht erlaubt. Fragen Sie einen Administrator, oder wählen Sie ein erlaubtes Modell oder eine erlaubte Adresse.",
      limit:
        "Eine Grenze oder ein Budget ist erschöpft. Erhöhen Sie es in den Einstellungen, oder warten Sie, bis es neu beginnt.",
      upstream:
        "Die Gegenseite ist ausgefallen oder antwortet nicht. Versuchen Sie es noch einmal; bleibt es so, sehen Sie sich die Anfrage an.",
      timeout:
        "Es dauerte zu lange. Geben Sie dem Knoten unter „Bei Fehlern, Zeit, Notizen“ mehr Zeit, oder lassen Sie ihn weniger auf einmal tun.",
      cancelled: "Der Lauf wurde angehalten.",
      code: "Der Code ist fehlgeschlagen. Meldung und Protokoll sagen, wo.",
      raised: "Der Ablauf hat sich mit dieser Meldung selbst beendet.",
      internal: "Das ist ein Fehler des Programms. Bitte melden Sie ihn mit der Meldung.",
      toSettings: "Zur Einstellung",
      line: "Zeile {{line}}",
    },
    gateway: {
      title: "Aufrufe von Modellen",
      open: "Anfrage im Gateway öffnen",
      openAt: "Anfrage {{number}} im Gateway öffnen: {{model}}",
    },
  },
});
