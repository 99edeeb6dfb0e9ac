import { defineTexts } from "../../../i18n/texts";

/** Words of pinned data, of edited inputs and of the comparison with the run before. */
export const usePin = defineTexts("flow-pin", {
  en: {
    pinned: "Pinned",
    pinnedHint: "Tests take this output instead of running the node. Published versions do not.",
    pin: "Pin this output",
    write: "Pin data of your own",
    edit: "Edit",
    clear: "Take the pin off",
    editor: "Pinned data",
    hint: "JSON: an entry for each output. It is kept with the draft, for all who edit it.",
    save: "Pin",
    invalid: "This is no JSON object.",
    done: "The output of “{{name}}” is pinned",
    cleared: "The pin of “{{name}}” is taken off",
    mark: "Output pinned",
    input: {
      edit: "Edit the input and run from here",
      editor: "Input for a new run",
      hint: "JSON: an entry for each input. A new run begins here with it; what came before is kept.",
      run: "Run from here",
    },
    compare: {
      show: "Compare with the run before",
      title: "Since the run before ({{ago}})",
      same: "The output is the same.",
      none: "No run before this one has an output of this node.",
    },
  },
  de: {
    pinned: "Angeheftet",
    pinnedHint:
      "Tests nehmen diese Ausgabe, statt den Knoten auszuführen. Veröffentlichte Versionen tun das nicht.",
    pin: "Diese Ausgabe anheften",
    write: "Eigene Daten anheften",
    edit: "Bearbeiten",
    clear: "Nicht mehr anheften",
    editor: "Angeheftete Daten",
    hint: "JSON: ein Eintrag je Ausgang. Sie bleiben beim Entwurf, für alle, die ihn bearbeiten.",
    save: "Anheften",
    invalid: "Das ist kein JSON-Objekt.",
    done: "Die Ausgabe von „{{name}}“ ist angeheftet",
    cleared: "Die Ausgabe von „{{name}}“ ist nicht mehr angeheftet",
    mark: "Ausgabe angeheftet",
    input: {
      edit: "Eingabe ändern und ab hier ausführen",
      editor: "Eingabe für einen neuen Lauf",
      hint: "JSON: ein Eintrag je Eingang. Damit beginnt hier ein neuer Lauf; was davor kam, bleibt.",
      run: "Ab hier ausführen",
    },
    compare: {
      show: "Mit dem Lauf davor vergleichen",
      title: "Seit dem Lauf davor ({{ago}})",
      same: "Die Ausgabe ist dieselbe.",
      none: "Kein Lauf vor diesem hat eine Ausgabe dieses Knotens.",
    },
  },
});
