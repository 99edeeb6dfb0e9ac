import { expect, test } from "vitest";
import { textOn } from "./accent";

test("text on a colour is what can be read better", () => {
  expect(textOn("#0a6a5d")).toBe("#ffffff");
  expect(textOn("#ffd400")).toBe("#000000");
  expect(textOn("#ffffff")).toBe("#000000");
  expect(textOn("#000000")).toBe("#ffffff");
});
