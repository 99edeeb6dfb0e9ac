import { defineTexts } from "../../i18n/texts";
import { de } from "./texts-de";
import { en } from "./texts-en";

/** Words of the flow editor. */
export const useFlow = defineTexts("flow", { en, de });
