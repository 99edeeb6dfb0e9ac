import type { Program } from "../support/program.ts";
import { type Graph, makeFlow, node, stored } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

/** By hand -> a request to this host. */
const fetching = (host: string): Graph => ({
  nodes: [
    { id: "start", type: "input.manual" },
    { id: "fetch", type: "data.http_request", settings: { url: `https://${host}/x` } },
  ],
  edges: [{ id: "e1", from: { node: "start", port: "out" }, to: { node: "fetch", port: "in" }, kind: "control" }],
  layout: { nodes: { start: { x: 0, y: 0 }, fetch: { x: 320, y: 0 } } },
});

async function draft(program: Program, id: string, graph: Graph): Promise<void> {
  const { revision } = await stored(program, id);
  expect((await program.api("PUT", `/api/v1/workflows/${id}`, { revision, graph })).status).toBe(200);
}

test("what a flow may touch is shown before it is published, and more has to be accepted", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Reach", fetching("one.example"));
  await page.goto(`/flows/${id}`);
  await expect(node(page, "fetch")).toBeVisible();
  await page.getByRole("button", { name: "Publish" }).click();
  const dialog = page.getByRole("dialog", { name: "Publish" });
  const sheet = dialog.getByRole("region", { name: "What the flow may touch" });
  await expect(sheet).toContainText("Connects to");
  await expect(sheet).toContainText("one.example");
  await expect(sheet.getByRole("checkbox")).toHaveCount(0);
  await dialog.getByRole("button", { name: "Publish version 1" }).click();
  await expect(page.getByText("Live, version 1")).toBeVisible();

  await draft(program, id, fetching("two.example"));
  await page.reload();
  await expect(node(page, "fetch")).toBeVisible();
  await page.getByRole("button", { name: "Publish" }).click();
  await expect(sheet.getByRole("listitem").filter({ hasText: "two.example" })).toContainText("new");
  const publish = dialog.getByRole("button", { name: "Publish version 2" });
  await expect(publish).toBeDisabled();
  await expectAccessible(page);
  await sheet.getByRole("checkbox", { name: /the flow may do this/ }).check();
  await publish.click();
  await expect(page.getByText("Live, version 2")).toBeVisible();
});

test("pinned data is there on another device", async ({ page, browser, program, signedIn }) => {
  const { id } = await makeFlow(program, "Pinned", fetching("one.example"));
  await page.goto(`/flows/${id}`);
  await node(page, "fetch").click({ position: { x: 110, y: 14 } });
  await page.getByRole("tab", { name: "Result" }).click();
  const panel = page.getByRole("region", { name: "Properties" });
  const kept = page.waitForResponse((response) => response.url().endsWith("/pins/fetch") && response.ok());
  await panel.getByRole("button", { name: "Pin data of your own" }).click();
  await panel.getByRole("button", { name: "Pin", exact: true }).click();
  await kept;
  const context = await browser.newContext({ baseURL: program.url, storageState: signedIn });
  const other = await context.newPage();
  await other.goto(`/flows/${id}`);
  await expect(node(other, "fetch").getByRole("img", { name: "Output pinned" })).toBeVisible();
  await context.close();
});
