import { expect, test } from "vitest";
import { matching, pageOf, parseSorting, type Rule, sorted } from "./table-rows";

interface Row {
  name: string;
  used: number | null;
}
const rows: Row[] = [
  { name: "Beta shop", used: 3 },
  { name: "alpha", used: null },
  { name: "Gamma Shop", used: 20 },
];
const rules: Rule<Row>[] = [
  { key: "name", sort: (row) => row.name, search: (row) => row.name },
  { key: "used", sort: (row) => row.used },
];
const names = (some: Row[]) => some.map((row) => row.name);

test("every word of a query has to be somewhere, in any case", () => {
  expect(names(matching(rows, rules, " SHOP  gam"))).toEqual(["Gamma Shop"]);
  expect(matching(rows, rules, "  ")).toHaveLength(3);
});

test("numbers sort as numbers, and rows without a value stay last", () => {
  expect(names(sorted(rows, rules, parseSorting("used")))).toEqual(["Beta shop", "Gamma Shop", "alpha"]);
  expect(names(sorted(rows, rules, parseSorting("-used")))).toEqual(["Gamma Shop", "Beta shop", "alpha"]);
});

test("an unknown column sorts nothing", () => {
  expect(sorted(rows, rules, parseSorting("gone"))).toBe(rows);
});

test("a page beyond the end is the last one", () => {
  expect(pageOf(rows, 9, 2)).toEqual({ rows: rows.slice(2), page: 2, pages: 2, from: 2 });
  expect(pageOf([], 1, 2).pages).toBe(1);
});
