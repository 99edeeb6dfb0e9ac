import i18next, { type TOptions } from "i18next";
import { useTranslation } from "react-i18next";
import "./language";

export interface Tree {
  [key: string]: string | Tree;
}

/** The same keys with other words. Every key is required, so a missing translation does not compile. */
export type Translation<T> = { [K in keyof T]: T[K] extends string ? string : Translation<T[K]> };

type Singular<K extends string> = K extends `${infer Base}_one` | `${infer Base}_other` ? Base : K;

/** `"list.title"` for `{list: {title: …}}`; `count_one` and `count_other` are one key, `count`. */
export type Key<T> = {
  [K in keyof T & string]: T[K] extends string ? Singular<K> : `${K}.${Key<T[K]>}`;
}[keyof T & string];

export type Translate<T> = (key: Key<T>, values?: TOptions) => string;

/** All texts by namespace, for the test that compares languages. */
export const registry = new Map<string, { en: Tree; de: Tree }>();

export interface Texts<T> {
  /** Texts in the current language; the component renders again when that changes. */
  (): Translate<T>;
  /** The same outside of components. */
  get: Translate<T>;
}

/** Makes the texts of one page or part known, and returns the hook that reads them. */
export function defineTexts<const E extends Tree>(
  namespace: string,
  texts: { en: E; de: Translation<E> },
): Texts<E> {
  registry.set(namespace, texts as { en: Tree; de: Tree });
  i18next.addResourceBundle("en", namespace, texts.en, true, true);
  i18next.addResourceBundle("de", namespace, texts.de, true, true);
  // biome-ignore lint/correctness/noComponentHookFactories: called once for each file of texts, at module level
  const useTexts = () => {
    const { t } = useTranslation(namespace);
    return ((key: string, values?: TOptions) => t(key, values ?? {})) as Translate<E>;
  };
  return Object.assign(useTexts, {
    get: ((key: string, values?: TOptions) => i18next.t(`${namespace}:${key}`, values ?? {})) as Translate<E>,
  });
}
