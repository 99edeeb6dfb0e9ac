import { defineTexts } from "../i18n/texts";

/** Words of a question that a run waits with. */
export const useAnswer = defineTexts("answer", {
  en: {
    title: "A question to you",
    given: "Answered. The run goes on.",
    late: "Somebody else was faster, or the time was over.",
    needed: "This is needed.",
  },
  de: {
    title: "Eine Frage an Sie",
    given: "Beantwortet. Der Lauf geht weiter.",
    late: "Jemand war schneller, oder die Zeit war um.",
    needed: "Das wird gebraucht.",
  },
});
