import { defineTexts } from "../../i18n/texts";

export const useStart = defineTexts("start", { en: { title: "Home" }, de: { title: "Start" } });
