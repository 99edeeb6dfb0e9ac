import { defineTexts } from "../../i18n/texts";

export const useRules = defineTexts("rules", {
  en: {
    limit: {
      requests: "{{max}} requests / {{window}}",
      tokens: "{{max}} tokens / {{window}}",
      concurrency: "{{max}} at the same time",
      window: { minute: "minute", hour: "hour", day: "day" },
    },
    budget: { money: "{{max}} / {{period}}", tokens: "{{max}} tokens / {{period}}" },
    period: { day: "day", week: "week", month: "month", total: "in all" },
    scope: { organization: "The organization", team: "Team", user: "Member", key: "Key" },
    gone: "one that is gone",
    form: {
      whose: "Whose",
      which: "Name",
      what: "What",
      metric: { requests: "Requests", tokens: "Tokens", concurrency: "Calls at the same time" },
      unit: { nano_usd: "US dollars", tokens: "Tokens" },
      each: "Each",
      max: "At most",
      maxHint: "0 forbids.",
      model: "Model",
      modelHint: "A name, with * for any part. Empty: all models together.",
      addLimit: "Add a limit",
      addBudget: "Add a budget",
      changeLimit: "Change the limit",
      changeBudget: "Change the budget",
      fixed:
        "What is counted cannot change, for the counts so far would be wrong. Delete it and set another.",
    },
  },
  de: {
    limit: {
      requests: "{{max}} Anfragen / {{window}}",
      tokens: "{{max}} Token / {{window}}",
      concurrency: "{{max}} gleichzeitig",
      window: { minute: "Minute", hour: "Stunde", day: "Tag" },
    },
    budget: { money: "{{max}} / {{period}}", tokens: "{{max}} Token / {{period}}" },
    period: { day: "Tag", week: "Woche", month: "Monat", total: "insgesamt" },
    scope: { organization: "Die Organisation", team: "Team", user: "Mitglied", key: "Schlüssel" },
    gone: "eines, das es nicht mehr gibt",
    form: {
      whose: "Wessen",
      which: "Name",
      what: "Was",
      metric: { requests: "Anfragen", tokens: "Token", concurrency: "Gleichzeitige Aufrufe" },
      unit: { nano_usd: "US-Dollar", tokens: "Token" },
      each: "Je",
      max: "Höchstens",
      maxHint: "0 verbietet.",
      model: "Modell",
      modelHint: "Ein Name, mit * für beliebige Teile. Leer: alle Modelle zusammen.",
      addLimit: "Grenze hinzufügen",
      addBudget: "Budget hinzufügen",
      changeLimit: "Grenze ändern",
      changeBudget: "Budget ändern",
      fixed:
        "Was gezählt wird, lässt sich nicht ändern, denn die bisherigen Zahlen wären falsch. Löschen Sie die Regel und setzen Sie eine andere.",
    },
  },
});
