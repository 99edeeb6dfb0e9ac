/** What a table does with its rows, without the table: search, sort, pages. */
export interface Sorting {
  column: string;
  descending: boolean;
}

type Sortable = string | number | null | undefined;

export interface Rule<Row> {
  key: string;
  sort?: (row: Row) => Sortable;
  search?: (row: Row) => string;
}

/** Rows that have every word of the query in some column. */
export function matching<Row>(rows: Row[], rules: Rule<Row>[], query: string): Row[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = rules
      .map((rule) => rule.search?.(row) ?? "")
      .join("\n")
      .toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Rows in the order of a column; rows without a value are last in both directions. */
export function sorted<Row>(rows: Row[], rules: Rule<Row>[], sorting: Sorting | null): Row[] {
  const value = rules.find((rule) => rule.key === sorting?.column)?.sort;
  if (!sorting || !value) return rows;
  return [...rows].sort((left, right) => {
    const [a, b] = [value(left), value(right)];
    if (a == null || b == null) return Number(a == null) - Number(b == null);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return sorting.descending ? -order : order;
  });
}

/** `name` and `-name` as they stand in the address. */
export function parseSorting(word: string): Sorting | null {
  if (!word) return null;
  return word.startsWith("-")
    ? { column: word.slice(1), descending: true }
    : { column: word, descending: false };
}

/** The rows of one page, counted from 1; a page beyond the end is the last one. */
export function pageOf<Row>(rows: Row[], page: number, size: number) {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const current = Math.min(Math.max(1, page), pages);
  const from = (current - 1) * size;
  return { rows: rows.slice(from, from + size), page: current, pages, from };
}
