import { defineTexts } from "../../../i18n/texts";

/** Words of the tour through the editor. */
export const useTourTexts = defineTexts("flow-tour", {
  en: {
    title: "Tour of the editor",
    count: "Step {{step}} of {{all}}",
    back: "Back",
    next: "Next",
    skip: "Skip the tour",
    finish: "Finish",
    done: "Done",
    step: {
      add: {
        title: "Add a node",
        text: "A flow is made of nodes, and begins with one of “Start”. Click a node in the list at the left, or press N.",
        small:
          "A flow is made of nodes, and begins with one of “Start”. Add one with the buttons in the middle, or a double tap on the canvas.",
      },
      connect: {
        title: "Connect it",
        text: "Press the plus at an output of a node and pick what comes next: it is connected already. Or draw a line from port to port.",
        small: "Press the plus at an output of a node and pick what comes next: it is connected already.",
      },
      set: {
        title: "Look into a node",
        text: "Click a node: its settings open at the right. Texts can take up what earlier nodes gave, and “Help” explains the node.",
        small:
          "Tap a node: its settings open below. Texts can take up what earlier nodes gave, and “Help” explains the node.",
      },
      run: {
        title: "Run it",
        text: "Press “Run”, fill in what the flow is given, and watch the nodes light up. Drafts can be run as often as you like.",
        small: "Press “Run”, fill in what the flow is given, and watch the nodes light up.",
      },
      publish: {
        title: "Put it to use",
        text: "“Publish” makes a version that others can call: as an address, a chat page, a model, or by a schedule. You find all that under “More”, “Call this flow”. Help brings this tour back.",
        small:
          "“Publish” makes a version that others can call. You find how under “More”, “Call this flow”. Help brings this tour back.",
      },
    },
  },
  de: {
    title: "Führung durch den Editor",
    count: "Schritt {{step}} von {{all}}",
    back: "Zurück",
    next: "Weiter",
    skip: "Führung überspringen",
    finish: "Fertig",
    done: "Erledigt",
    step: {
      add: {
        title: "Einen Knoten hinzufügen",
        text: "Ein Ablauf besteht aus Knoten und beginnt mit einem aus „Start“. Klicken Sie links auf einen Knoten, oder drücken Sie N.",
        small:
          "Ein Ablauf besteht aus Knoten und beginnt mit einem aus „Start“. Fügen Sie einen mit den Knöpfen in der Mitte hinzu, oder mit einem Doppeltipp.",
      },
      connect: {
        title: "Verbinden",
        text: "Drücken Sie das Plus an einem Ausgang und wählen Sie, was folgt: Es ist schon verbunden. Oder ziehen Sie eine Linie von Anschluss zu Anschluss.",
        small: "Drücken Sie das Plus an einem Ausgang und wählen Sie, was folgt: Es ist schon verbunden.",
      },
      set: {
        title: "In einen Knoten sehen",
        text: "Klicken Sie auf einen Knoten: Rechts öffnen sich seine Einstellungen. Texte können aufnehmen, was frühere Knoten geben, und „Hilfe“ erklärt den Knoten.",
        small:
          "Tippen Sie auf einen Knoten: Unten öffnen sich seine Einstellungen. Texte können aufnehmen, was frühere Knoten geben.",
      },
      run: {
        title: "Ausführen",
        text: "Drücken Sie „Ausführen“, füllen Sie aus, was der Ablauf bekommt, und sehen Sie den Knoten zu. Entwürfe laufen, so oft Sie möchten.",
        small:
          "Drücken Sie „Ausführen“, füllen Sie aus, was der Ablauf bekommt, und sehen Sie den Knoten zu.",
      },
      publish: {
        title: "Benutzen",
        text: "„Veröffentlichen“ macht eine Version, die andere aufrufen: als Adresse, Chat-Seite, Modell oder nach einem Zeitplan. Das steht unter „Mehr“, „Diesen Ablauf aufrufen“. Die Hilfe bringt diese Führung zurück.",
        small:
          "„Veröffentlichen“ macht eine Version, die andere aufrufen. Wie, steht unter „Mehr“. Die Hilfe bringt diese Führung zurück.",
      },
    },
  },
});
