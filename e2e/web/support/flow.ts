import { expect, type Locator, type Page } from "@playwright/test";
import type { Program } from "./program.ts";

export interface Graph {
  nodes: { id: string; type: string; settings?: Record<string, unknown> }[];
  edges?: { id: string; from: { node: string; port: string }; to: { node: string; port: string }; kind: string }[];
  layout?: { nodes?: Record<string, { x: number; y: number }> };
}

const edge = (id: string, from: [string, string], to: [string, string], kind = "control") => ({
  id,
  from: { node: from[0], port: from[1] },
  to: { node: to[0], port: to[1] },
  kind,
});

/** By hand -> text -> answer. */
export const greeting: Graph = {
  nodes: [
    { id: "start", type: "input.manual", settings: { fields: [{ name: "who", required: true }] } },
    { id: "text", type: "data.template", settings: { template: "Hello {{ input.who }}" } },
    { id: "answer", type: "output.return", settings: {} },
  ],
  edges: [edge("e1", ["start", "out"], ["text", "in"]), edge("e2", ["text", "text"], ["answer", "value"], "data")],
  layout: { nodes: { start: { x: 0, y: 0 }, text: { x: 320, y: 0 }, answer: { x: 640, y: 0 } } },
};

async function made<T>(response: Response): Promise<T> {
  const body = (await response.json()) as T;
  expect(response.status, JSON.stringify(body)).toBeLessThan(300);
  return body;
}

/** A flow in a project of its own. */
export async function makeFlow(program: Program, name: string, graph: Graph): Promise<{ id: string; project: string }> {
  const project = await made<{ id: string }>(await program.api("POST", "/api/v1/projects", { name: `Project of ${name}` }));
  const wanted = { project_id: project.id, name, graph };
  const flow = await made<{ id: string }>(await program.api("POST", "/api/v1/workflows", wanted));
  return { id: flow.id, project: project.id };
}

/** The draft as the server has it. */
export async function stored(program: Program, id: string): Promise<Required<Graph> & { revision: number }> {
  const flow = await made<{ graph: Required<Graph>; revision: number }>(await program.api("GET", `/api/v1/workflows/${id}`));
  return { ...flow.graph, revision: flow.revision };
}

export function node(page: Page, id: string): Locator {
  return page.locator(`.react-flow__node[data-id="${id}"]`);
}

async function middle(page: Page, id: string, handle: string): Promise<{ x: number; y: number }> {
  const found = page.locator(`.react-flow__handle[data-nodeid="${id}"][data-handleid="${handle}"]`);
  const box = await found.boundingBox();
  if (!box) throw new Error(`${id} has no ${handle}`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/** Draws an edge with the mouse, from an output to an input or to any place. */
export async function draw(page: Page, from: [string, string], to: [string, string] | { x: number; y: number }) {
  const start = await middle(page, from[0], `out:${from[1]}`);
  const end = Array.isArray(to) ? await middle(page, to[0], `in:${to[1]}`) : to;
  await page.mouse.move(start.x, start.y);
  await page.mouse.down();
  // A first small move tells a drag from a click.
  await page.mouse.move(start.x + 25, start.y + 10);
  await page.mouse.move(end.x, end.y, { steps: 8 });
  await page.mouse.up();
}

export async function expectSaved(page: Page): Promise<void> {
  await expect(page.getByText(/^Saved /).first()).toBeVisible();
}
