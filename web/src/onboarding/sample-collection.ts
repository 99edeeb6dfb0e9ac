/** A small collection of documents to ask about: a shop's delivery, returns, warranty and hours. */
import { type Collection, collections, documents } from "../api/collections";
import { currentLanguage, type Language } from "../i18n/language";

const texts: Record<Language, () => Promise<Record<string, string>>> = {
  en: async () => (await import("./samples/en")).default,
  de: async () => (await import("./samples/de")).default,
};

const names: Record<Language, { name: string; slug: string; description: string }> = {
  en: {
    name: "Sample documents",
    slug: "sample-documents",
    description: "A bicycle shop: delivery, returns, warranty, opening hours. Delete them when you like.",
  },
  de: {
    name: "Beispieldokumente",
    slug: "beispieldokumente",
    description: "Ein Fahrradgeschäft: Lieferung, Rückgabe, Garantie, Öffnungszeiten. Jederzeit löschbar.",
  },
};

/** Questions that the documents answer. */
export const sampleQuestions: Record<Language, string[]> = {
  en: ["How long does delivery take?", "What does a full service cost?", "Can I return a used voucher?"],
  de: [
    "Wie lange dauert die Lieferung?",
    "Was kostet eine große Inspektion?",
    "Kann ich eingelöste Gutscheine zurückgeben?",
  ],
};

/** The language that a sample collection is written in. */
export function languageOf({ slug }: Pick<Collection, "slug">): Language {
  return slug === names.de.slug ? "de" : "en";
}

/** Whether it is a collection that was made here. */
export function isSample({ slug }: Pick<Collection, "slug">): boolean {
  return Object.values(names).some((one) => one.slug === slug);
}

/** The sample collection in the person's language, made if there is none; ready for questions. */
export async function ensureSample(): Promise<Collection> {
  const wanted = names[currentLanguage()];
  const { data } = await collections.list();
  const made = data.find(({ slug }) => slug === wanted.slug) ?? (await collections.create(wanted));
  const files = await texts[currentLanguage()]();
  if (made.document_count === 0) {
    await Promise.all(Object.entries(files).map(([name, text]) => documents.fromText(made.id, name, text)));
  }
  return untilRead(made.id, Object.keys(files).length);
}

/** Waits until the documents are read: a second or two. After half a minute it goes on all the same. */
async function untilRead(id: string, count: number): Promise<Collection> {
  const end = Date.now() + 30_000;
  for (;;) {
    const collection = await collections.get(id);
    const { data } = await documents.list(id);
    const isRead = data.length >= count && data.every(({ chunk_count: chunks }) => chunks > 0);
    if (isRead || Date.now() > end) return collection;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
