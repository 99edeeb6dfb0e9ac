import { type Graph, makeFlow, node } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

/** Webhook -> answer. */
const hooked: Graph = {
  nodes: [
    { id: "hook", type: "input.webhook", settings: { dedupe_header: "x-delivery-id" } },
    { id: "answer", type: "output.return", settings: { value: "{{ input.body }}" } },
  ],
  edges: [
    { id: "e1", from: { node: "hook", port: "out" }, to: { node: "answer", port: "in" }, kind: "control" },
  ],
  layout: { nodes: { hook: { x: 0, y: 0 }, answer: { x: 320, y: 0 } } },
};

test("what came to a webhook is listed with its run, page after page, and is sent again", async ({
  page,
  program,
}, testInfo) => {
  const { id } = await makeFlow(program, "Orders", hooked);
  const shot = (name: string) => page.screenshot({ path: testInfo.outputPath(`${name}.png`) });
  await page.goto(`/flows/${id}`);
  await expect(node(page, "hook")).toBeVisible();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Deliveries" }).click();
  const drawer = page.getByRole("dialog", { name: "Deliveries" });
  await expect(drawer).toContainText("Nothing came yet");
  await shot("empty");

  const { revision } = (await (await program.api("GET", `/api/v1/workflows/${id}`)).json()) as {
    revision: number;
  };
  const published = await program.api("POST", `/api/v1/workflows/${id}/publish`, { revision, notes: "" });
  expect(published.status).toBeLessThan(300);
  const place = (await (await program.api("GET", `/api/v1/workflows/${id}/deployment`)).json()) as {
    webhook: { path: string };
  };
  const send = (name: string, method = "POST") =>
    fetch(`${program.url}${place.webhook.path}`, {
      method,
      headers: { "content-type": "application/json", "x-delivery-id": name },
      body: method === "POST" ? JSON.stringify({ order: name }) : undefined,
    });
  for (let at = 0; at < 26; at += 1) expect((await send(`order-${at}`)).status).toBe(200);
  expect((await send("order-25")).status).toBe(200);
  expect((await send("order-26", "GET")).status).toBe(405);

  await drawer.getByRole("button", { name: "Refresh" }).click();
  const rows = drawer.getByRole("listitem");
  await expect(rows).toHaveCount(25);
  await expect(rows.nth(0)).toContainText("Refused");
  await expect(rows.nth(0).getByRole("button")).toHaveCount(0);
  await expect(rows.nth(1)).toContainText("Duplicate");
  await expect(rows.nth(1).getByRole("button", { name: "Send again" })).toHaveCount(0);
  await expect(rows.nth(2)).toContainText("answered with 200");
  await expectAccessible(page);
  await shot("list");
  await drawer.getByRole("button", { name: "Show older ones" }).click();
  await expect(rows).toHaveCount(28);
  await expect(drawer.getByRole("button", { name: "Show older ones" })).toHaveCount(0);

  await rows.nth(2).getByRole("button", { name: "Send again" }).click();
  await expect(page.getByText("Sent again: a new run has begun")).toBeVisible();
  await expect(rows).toHaveCount(29);
  await expect(rows.nth(0)).toContainText("sent again");

  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 800 });
  await expect(rows.nth(0)).toBeVisible();
  await expectAccessible(page);
  await shot("dark-390");

  await rows.nth(0).getByRole("button", { name: "Open the run" }).click();
  await expect(page).toHaveURL(/run=/);
  await expect(drawer).toBeHidden();
});

test("a schedule shows its next runs while it is written, and what is wrong with a time", async ({
  page,
  program,
}, testInfo) => {
  const { id } = await makeFlow(program, "Morning", {
    nodes: [{ id: "clock", type: "input.schedule", settings: { times: ["30 6 * * *"], timezone: "UTC" } }],
    layout: { nodes: { clock: { x: 0, y: 0 } } },
  });
  await page.goto(`/flows/${id}`);
  await node(page, "clock").click();
  const next = page.getByRole("region", { name: "Next runs, in your own time" });
  await expect(next.getByRole("listitem")).toHaveCount(5);
  await page.screenshot({ path: testInfo.outputPath("schedule.png") });
  await page.getByRole("combobox", { name: "Timezone" }).fill("Nowhere/Land");
  await expect(next.getByRole("listitem")).toHaveCount(0);
  await expect(next).toContainText("Nowhere/Land");
  await page.screenshot({ path: testInfo.outputPath("schedule-wrong.png") });
});
