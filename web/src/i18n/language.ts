import i18next from "i18next";
import { initReactI18next } from "react-i18next";

/** The languages the app speaks, by what they call themselves. */
export const languages = { en: "English", de: "Deutsch" } as const;

export type Language = keyof typeof languages;

const storageKey = "language";

function isLanguage(word: string | undefined | null): word is Language {
  return word != null && word in languages;
}

/** The language chosen before, else the first of the browser's that the app speaks. */
function preferred(): Language {
  let stored: string | null = null;
  try {
    stored = localStorage.getItem(storageKey);
  } catch {
    // Storage is switched off: follow the browser.
  }
  if (isLanguage(stored)) return stored;
  const spoken = navigator.languages.map((tag) => tag.split("-")[0]);
  return spoken.find(isLanguage) ?? "en";
}

void i18next.use(initReactI18next).init({
  lng: preferred(),
  fallbackLng: "en",
  resources: {},
  initAsync: false,
  interpolation: { escapeValue: false },
  returnNull: false,
});
document.documentElement.lang = i18next.language;

export function currentLanguage(): Language {
  return isLanguage(i18next.language) ? i18next.language : "en";
}

export function setLanguage(language: Language): void {
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // It lasts until the page is closed, then.
  }
  document.documentElement.lang = language;
  void i18next.changeLanguage(language);
}
