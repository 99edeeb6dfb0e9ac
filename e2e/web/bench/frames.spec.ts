import type { Page } from "@playwright/test";
import { type Graph, makeFlow } from "../support/flow.ts";
import { expect, test } from "../support/test.ts";

/** Rows of ten nodes that follow each other. */
function chains(count: number): Graph {
  const id = (index: number) => `n${index}`;
  const nodes: Graph["nodes"] = Array.from({ length: count }, (_, index) => ({
    id: id(index),
    type: index === 0 ? "input.manual" : "data.template",
    settings: index === 0 ? {} : { template: `Text ${index} {{ input }}` },
  }));
  const edges = nodes.slice(1).map((_, index) => ({
    id: `e${index + 1}`,
    from: { node: id(index % 10 === 9 ? index - 9 : index), port: "out" },
    to: { node: id(index + 1), port: "in" },
    kind: "control",
  }));
  const places = nodes.map((one, index) => [one.id, { x: (index % 10) * 320, y: Math.floor(index / 10) * 190 }] as const);
  return { nodes, edges, layout: { nodes: Object.fromEntries(places) } };
}

/** Times between frames in milliseconds while something is done, sorted. */
async function frames(page: Page, deed: () => Promise<void>): Promise<number[]> {
  await page.evaluate(() => {
    const seen: number[] = [];
    Object.assign(window, { seen, isWatched: true });
    const tick = (at: number) => {
      seen.push(at);
      if ((window as unknown as { isWatched: boolean }).isWatched) requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await deed();
  const seen = await page.evaluate(() => {
    const all = window as unknown as { isWatched: boolean; seen: number[] };
    all.isWatched = false;
    return all.seen;
  });
  return seen
    .slice(1)
    .map((at, index) => at - (seen[index] ?? at))
    .sort((a, b) => a - b);
}

const at = (times: number[], part: number) => (times[Math.floor((times.length - 1) * part)] ?? 0).toFixed(1);

for (const count of [100, 1_000]) {
  test(`frame times with ${count} nodes`, async ({ page, program }) => {
    const { id } = await makeFlow(program, `Frames ${count}`, chains(count));
    const began = Date.now();
    await page.goto(`/flows/${id}`);
    await expect(page.locator(".react-flow__node").first()).toBeVisible();
    console.log(`${count} nodes: open ${Date.now() - began} ms`);
    const canvas = await page.getByTestId("canvas").boundingBox();
    if (!canvas) throw new Error("no canvas");
    const middle = { x: canvas.x + canvas.width / 2, y: canvas.y + canvas.height / 2 };
    const report = async (what: string, deed: () => Promise<void>) => {
      const times = await frames(page, deed);
      console.log(`${count} nodes, ${what}: p50 ${at(times, 0.5)} p95 ${at(times, 0.95)} max ${at(times, 1)} ms`);
    };
    const sweep = async () => {
      for (let step = 0; step < 60; step += 1) await page.mouse.move(middle.x + step * 4, middle.y + step * 2);
    };
    const zoom = async () => {
      for (let step = 0; step < 30; step += 1) await page.mouse.wheel(0, step < 15 ? -60 : 60);
    };
    for (const view of ["100 %", "all in view"]) {
      await page.getByTestId("canvas").click({ position: { x: 5, y: 5 } });
      await page.keyboard.press(view === "100 %" ? "1" : "0");
      await page.waitForTimeout(800);
      await page.mouse.move(middle.x, middle.y);
      await report(`${view}, zoom`, zoom);
      await page.keyboard.press(view === "100 %" ? "1" : "0");
      await page.waitForTimeout(500);
      const shown = page.locator(".react-flow__node");
      const box = await shown.first().boundingBox();
      if (box) {
        await page.mouse.move(box.x + box.width / 2, box.y + 10);
        await page.mouse.down();
        await report(`${view}, drag a node`, sweep);
        await page.mouse.up();
      }
      await page.mouse.move(canvas.x + 8, canvas.y + 8);
      await page.mouse.down();
      await report(`${view}, pan`, sweep);
      await page.mouse.up();
    }
  });
}
