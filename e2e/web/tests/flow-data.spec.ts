import { expectSaved, type Graph, greeting, makeFlow, node, stored } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";
import type { Page } from "@playwright/test";

async function runWith(page: Page, who: string): Promise<void> {
  const panel = page.getByRole("region", { name: "Test", exact: true });
  if ((await panel.count()) === 0) await page.getByRole("button", { name: "Run", exact: true }).click();
  await panel.getByRole("textbox", { name: "who" }).fill(who);
  await panel.getByRole("button", { name: "Run", exact: true }).click();
  await expect(panel.getByRole("status")).toContainText("Completed");
}

test("an expression is completed from what comes before, and its value is seen", async ({ page, program }) => {
  const graph: Graph = { ...greeting, nodes: greeting.nodes.map((one) => (one.id === "answer" ? { ...one, settings: {} } : one)) };
  const { id } = await makeFlow(program, "Completion", graph);
  await page.goto(`/flows/${id}`);
  await node(page, "answer").click({ position: { x: 110, y: 14 } });
  const field = page.getByRole("region", { name: "Properties" }).getByRole("textbox", { name: "Value", exact: true });
  await field.click();
  await page.keyboard.type("It says {{ text.out");
  await expect(page.getByRole("option", { name: /nodes\.text\.output\.text/ })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Enter");
  await page.keyboard.type(" | upp");
  await page.getByRole("option", { name: "upper" }).click();
  await page.keyboard.type(" }}");
  const written = "It says {{ nodes.text.output.text | upper }}";
  await expect(field).toHaveText(written);
  await expect(page.getByText("Run the flow once, or pin data, to see the value here.")).toBeVisible();
  await expectSaved(page);
  await expect.poll(async () => (await stored(program, id)).nodes.find((one) => one.id === "answer")?.settings).toEqual({ value: written });
  await runWith(page, "Ada");
  await field.click();
  await expect(page.getByText("= It says HELLO ADA")).toBeVisible();

  // Undoing is the field's own affair while one writes in it.
  await page.keyboard.press("Control+End");
  await page.keyboard.type("!");
  await expect(field).toHaveText(`${written}!`);
  await page.keyboard.press("Control+z");
  await expect(field).toHaveText(written);
  await expect(page.locator(".react-flow__node")).toHaveCount(3);
});

test("code is written in its language, which follows the setting beside it", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Code", {
    nodes: [{ id: "code", type: "data.code", settings: { language: "python", source: "return len(input)" } }],
    edges: [],
  });
  await page.goto(`/flows/${id}`);
  await node(page, "code").click({ position: { x: 110, y: 14 } });
  const field = page.getByRole("region", { name: "Properties" }).getByRole("textbox", { name: "Source", exact: true });
  await expect(field.getByText("return", { exact: true })).toBeVisible();
  await expectAccessible(page);
});

test("a node's output is pinned, changed, used by tests and freed; runs are compared", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Pins", greeting);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "text")).toBeVisible();
  await runWith(page, "Ada");
  await runWith(page, "Grace");
  await expect(page.getByRole("region", { name: "Test", exact: true })).toContainText("Hello Grace");
  await node(page, "text").click({ position: { x: 110, y: 14 } });
  await page.getByRole("tab", { name: "Result" }).click();
  const properties = page.getByRole("region", { name: "Properties" });
  await properties.getByRole("button", { name: "Compare with the run before" }).click();
  await expect(properties).toContainText("text: Hello Ada → Hello Grace");

  await properties.getByRole("button", { name: "Pin this output" }).click();
  await expect(node(page, "text").getByRole("img", { name: "Output pinned" })).toBeVisible();
  const pinned = properties.getByRole("region", { name: "Pinned data" });
  await pinned.getByRole("button", { name: "Edit" }).click();
  const editor = pinned.getByRole("textbox", { name: "Pinned data" });
  await editor.fill('{"text": ');
  await expect(pinned.getByRole("alert")).toContainText("no JSON object");
  await expect(pinned.getByRole("button", { name: "Pin", exact: true })).toBeDisabled();
  await editor.fill('{"text": "Pinned words"}');
  await expectAccessible(page);
  await pinned.getByRole("button", { name: "Pin", exact: true }).click();
  await runWith(page, "Alan");
  await expect(page.getByRole("region", { name: "Test", exact: true })).toContainText("Pinned words");

  // It is there after a reload, and the key P takes it off.
  await page.reload();
  await expect(node(page, "text").getByRole("img", { name: "Output pinned" })).toBeVisible();
  await node(page, "text").click({ position: { x: 110, y: 14 } });
  await page.keyboard.press("p");
  await expect(node(page, "text").getByRole("img", { name: "Output pinned" })).toHaveCount(0);
  await runWith(page, "Alan");
  await expect(page.getByRole("region", { name: "Test", exact: true })).toContainText("Hello Alan");
});

test("a run begins anew at a node with another input", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Other input", greeting);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "answer")).toBeVisible();
  await runWith(page, "Ada");
  await node(page, "answer").click({ position: { x: 110, y: 14 } });
  await page.getByRole("tab", { name: "Result" }).click();
  const properties = page.getByRole("region", { name: "Properties" });
  await properties.getByRole("button", { name: "Edit the input and run from here" }).click();
  await properties.getByRole("textbox", { name: "Input for a new run" }).fill('{"value": "Something else"}');
  await properties.getByRole("button", { name: "Run from here" }).click();
  await expect(page.getByRole("region", { name: "Test", exact: true })).toContainText("Something else");
});

test("what flows keep between runs is seen in their project, and deleted there", async ({ page, program }) => {
  const { id, project } = await makeFlow(program, "Counter", {
    nodes: [
      { id: "begin", type: "input.manual", settings: {} },
      { id: "count", type: "data.key_value", settings: { operation: "increment", key: "visits/today" } },
    ],
    edges: [{ id: "e", from: { node: "begin", port: "out" }, to: { node: "count", port: "in" }, kind: "control" }],
  });
  for (let count = 0; count < 2; count++) {
    const answer = await program.api("POST", `/api/v1/workflows/${id}/execute`, { input: {}, draft: true });
    expect(answer.status, await answer.text()).toBe(200);
  }
  await page.goto(`/projects/${project}`);
  await page.getByRole("tab", { name: "Stored values" }).click();
  const row = page.getByRole("row", { name: /visits\/today/ });
  await expect(row.getByRole("cell").nth(1)).toHaveText("2");
  await expectAccessible(page);
  await row.getByRole("button", { name: "Delete the value visits/today" }).click();
  await expect(page.getByText("None yet.")).toBeVisible();
});
