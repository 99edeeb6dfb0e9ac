import type { Page } from "@playwright/test";
import { type Graph, makeFlow, node } from "../support/flow.ts";
import { expect, test } from "../support/test.ts";

interface Type {
  type: string;
  role: string;
  has_dynamic_ports: boolean;
  ports: { inputs: { name: string }[]; outputs: { name: string }[] };
}

/** From here on nothing is measured before it is drawn: `manyNodes` of the canvas. */
const many = 150;
const columns = 5;
const filler = 20;

/** One node for each set of ports there is, at the beginning of many others. */
function everyShape(types: Type[], count: number): Graph & { shapes: number } {
  const steps = types.filter(({ role }) => role !== "container");
  const shapes = new Map(steps.map((type) => [`${type.ports.inputs.length}/${type.ports.outputs.length}`, type]));
  const shown = [...shapes.values()];
  const nodes = shown.map(({ type }, index) => ({ id: `s${index}`, type, settings: {} }));
  const rest = Array.from({ length: count }, (_, index) => ({ id: `n${index}`, type: "data.template", settings: {} }));
  let serial = 0;
  const edges = shown.flatMap(({ ports }, index) => [
    ...ports.outputs.map(({ name }) => ({ from: { node: `s${index}`, port: name }, to: { node: "n0", port: "in" } })),
    ...ports.inputs.map(({ name }) => ({ from: { node: "n1", port: "out" }, to: { node: `s${index}`, port: name } })),
  ]);
  const places = [
    ...rest.map((one, index) => [one.id, { x: (index % filler) * 300, y: 2_400 + Math.floor(index / filler) * 200 }] as const),
    ...nodes.map((one, index) => [one.id, { x: (index % columns) * 380, y: Math.floor(index / columns) * 300 }] as const),
  ];
  return {
    shapes: shown.length,
    nodes: [...nodes, ...rest],
    edges: edges.map((edge) => ({ ...edge, id: `e${serial++}`, kind: "control" })),
    layout: { nodes: Object.fromEntries(places) },
  };
}

interface Strays {
  /** The port that is farthest from the end of its edge, in pixels of the canvas. */
  worst: string;
  distance: number;
  count: number;
}

/** How far edges end from the ports that are drawn for them. */
async function strays(page: Page): Promise<Strays> {
  return page.evaluate(() => {
    let found = { worst: "", distance: 0, count: 0 };
    for (const path of document.querySelectorAll<SVGPathElement>(".react-flow__edge-path")) {
      const matrix = path.getScreenCTM();
      const label = path.closest(".react-flow__edge")?.getAttribute("aria-label") ?? "";
      const [from = "", to = ""] = label.split(" → ");
      if (!matrix) continue;
      const ends = [
        { name: from, side: "out", at: 0 },
        { name: to, side: "in", at: path.getTotalLength() },
      ];
      for (const { name, side, at } of ends) {
        const [id, port] = name.split(".");
        const handle = document.querySelector(`.react-flow__handle[data-nodeid="${id}"][data-handleid="${side}:${port}"]`);
        if (!handle) continue;
        const box = handle.getBoundingClientRect();
        const end = path.getPointAtLength(at).matrixTransform(matrix);
        // Edges end at the outer rim of a port.
        const rim = { x: side === "out" ? box.right : box.left, y: box.top + box.height / 2 };
        const distance = Math.hypot(end.x - rim.x, end.y - rim.y) / matrix.a;
        found.count += 1;
        if (distance >= found.distance) found = { ...found, distance, worst: `${side} ${name}` };
      }
    }
    return found;
  });
}

/** Heights of the cards that are drawn, without zoom. */
async function heights(page: Page): Promise<Record<string, number>> {
  return page.evaluate(() => {
    const cards = [...document.querySelectorAll<HTMLElement>(".react-flow__node")];
    return Object.fromEntries(cards.map((card) => [card.dataset.id ?? "", card.offsetHeight]));
  });
}

test("in a large flow edges end where ports are drawn, near by and from afar", async ({ page, program }) => {
  const types = (await (await program.api("GET", "/api/v1/node-types")).json()) as Type[];
  const { shapes, ...graph } = everyShape(types, many);
  expect(shapes).toBeGreaterThan(5);
  const { id } = await makeFlow(program, "Large", graph);
  await page.goto(`/flows/${id}`);
  // It opens at its beginning.
  await expect(node(page, "s0")).toBeVisible();
  await page.getByTestId("canvas").click({ position: { x: 6, y: 6 } });
  await page.keyboard.press("-");
  await expect(page.getByText("63%")).toBeVisible();
  const near = await strays(page);
  expect(near.count).toBeGreaterThan(15);
  expect(near.distance, near.worst).toBeLessThan(1);
  const told = await heights(page);
  await page.screenshot({ path: test.info().outputPath("near.png") });

  await page.keyboard.press("0");
  await expect(page.locator(".react-flow__handle")).toHaveCount(0);
  await expect(node(page, "n0")).toBeVisible();
  await page.screenshot({ path: test.info().outputPath("far.png") });
  const far = await heights(page);
  expect(Object.keys(far).length).toBe(shapes + many);
  for (const [card, height] of Object.entries(told)) expect(far[card], card).toBe(height);

  // What was never near by has its edges all the same, and at their ports when one comes near.
  await node(page, `n${filler + 1}`).hover();
  await expect(async () => {
    await page.mouse.wheel(0, -120);
    await expect(page.locator(".react-flow__handle").first()).toBeVisible({ timeout: 500 });
  }).toPass();
  const close = await strays(page);
  expect(close.distance, close.worst).toBeLessThan(1);
});
