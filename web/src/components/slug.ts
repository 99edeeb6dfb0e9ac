/** Whether a word is a short name as the API takes it. */
export function isSlug(word: string): boolean {
  return /^[a-z0-9-]{1,64}$/.test(word);
}

/** A short name made from a name: `Müller & Söhne` becomes `mueller-soehne`. */
export function slugOf(name: string): string {
  return name
    .toLocaleLowerCase("de")
    .replaceAll("ä", "ae")
    .replaceAll("ö", "oe")
    .replaceAll("ü", "ue")
    .replaceAll("ß", "ss")
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 64)
    .replace(/-+$/, "");
}
