import { expect, test } from "vitest";
import { align } from "./guides";

const box = (x: number, y: number) => ({ x, y, width: 100, height: 40 });

test("a thing snaps to the nearest edge or middle around it", () => {
  expect(align(box(103, 200), [box(100, 0), box(104, 80)])).toEqual({
    x: 104,
    y: 200,
    vertical: 104,
    horizontal: undefined,
  });
  expect(align(box(400, 18), [box(0, 0)])).toMatchObject({ y: 20, horizontal: 20 });
});

test("what is far from everything stays where it is", () => {
  expect(align(box(500, 500), [box(0, 0)])).toMatchObject({ x: 500, y: 500 });
});
