import { defineTexts } from "../../../i18n/texts";

/** Words of the delivery ledger. */
export const useDeliveryTexts = defineTexts("flow-deliveries", {
  en: {
    hint: "What came to the webhook of this flow, newest first. Deliveries are kept for 7 days.",
    refresh: "Refresh",
    none: "Nothing came yet. Publish the flow with the trigger “Webhook”, then call its address.",
    showAddress: "Show the address",
    more: "Show older ones",
    openRun: "Open the run",
    firstRun: "Open the run of the first one",
    replay: "Send again",
    replayed: "Sent again: a new run has begun",
    replayOf: "sent again",
    answered: "answered with {{status}}",
    unanswered: "not answered",
    status: {
      received: "Received",
      claimed: "Running",
      done: "Done",
      failed: "Failed",
      refused: "Refused",
      duplicate: "Duplicate",
    },
  },
  de: {
    hint: "Was am Webhook dieses Flows ankam, Neuestes zuerst. Zustellungen bleiben 7 Tage.",
    refresh: "Aktualisieren",
    none: "Noch kam nichts an. Veröffentlichen Sie den Flow mit dem Auslöser „Webhook“, dann rufen Sie seine Adresse auf.",
    showAddress: "Adresse zeigen",
    more: "Ältere zeigen",
    openRun: "Lauf öffnen",
    firstRun: "Lauf der ersten öffnen",
    replay: "Noch einmal senden",
    replayed: "Noch einmal gesendet: ein neuer Lauf hat begonnen",
    replayOf: "noch einmal gesendet",
    answered: "beantwortet mit {{status}}",
    unanswered: "nicht beantwortet",
    status: {
      received: "Empfangen",
      claimed: "Läuft",
      done: "Fertig",
      failed: "Gescheitert",
      refused: "Abgelehnt",
      duplicate: "Doppelt",
    },
  },
});
