import type { Page } from "@playwright/test";
import { makeFlow, node } from "../support/flow.ts";
import { Program } from "../support/program.ts";
import { expect, expectAccessible, owner, setUp, test } from "../support/test.ts";

test("from the setup link to the first run of a template in less than a minute, without a key", async ({ browser }) => {
  const program = await Program.start();
  const context = await browser.newContext({ baseURL: program.url, serviceWorkers: "block" });
  const page = await context.newPage();
  await page.goto(program.setupUrl);
  await page.getByLabel("Organization").fill(owner.organization);
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  const began = Date.now();
  await page.getByRole("button", { name: "Create account and start" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");
  await page.getByRole("button", { name: /Document Q&A/ }).click();

  // The sample documents are made on the way, and the tour begins.
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await panel.getByRole("textbox", { name: "Message" }).fill("How long does the delivery of a bicycle take?");
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("status")).toContainText("Completed");
  const took = Date.now() - began;
  console.log(`sign-up to the end of the first run: ${took} ms`);
  expect(took).toBeLessThan(60_000);
  const log = panel.getByRole("log", { name: "Conversation" });
  await expect(log).toContainText("five to seven working days");
  await expect(log).toContainText("Delivery.md");
  await expect(page.getByRole("region", { name: "Tour of the editor" })).toBeVisible();
  await expectAccessible(page);

  // What was done is ticked on the first page.
  await page.goto(program.url);
  const list = page.getByRole("region", { name: "First steps" });
  const point = (name: string) => list.locator(`[data-point=${name}]`);
  for (const name of ["model", "flow", "document"]) await expect(point(name).getByRole("img", { name: "done" })).toBeVisible();
  for (const name of ["key", "publish", "member"]) await expect(point(name).getByRole("img", { name: "to do" })).toBeVisible();
  await expect(list.getByRole("status")).toHaveText("3 of 6 done");
  await expectAccessible(page);
  await page.getByRole("button", { name: /^Make (a key now|another one)/ }).click();
  await expect(list.getByRole("status")).toHaveText("4 of 6 done");
  await list.getByRole("button", { name: "Put away" }).click();
  await expect(list).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole("region", { name: "Make an API key" })).toBeVisible();
  await expect(list).toHaveCount(0);
  await context.close();
  await program.stop();
});

const tour = (page: Page) => page.getByRole("region", { name: "Tour of the editor" });

test("the tour begins on a blank page, follows what is done, goes on elsewhere, and can be skipped and begun again", async ({
  page,
  program,
}) => {
  await page.goto("/welcome");
  await expectAccessible(page);
  await page.getByRole("button", { name: /A blank page/ }).click();
  await expect(tour(page)).toContainText("Step 1 of 5");
  await expectAccessible(page);
  await page.getByRole("region", { name: "Nodes" }).getByRole("button", { name: "Manual" }).click();
  await expect(tour(page)).toContainText("Step 2 of 5");
  await node(page, "manual").getByRole("button", { name: /Add a node after/ }).first().click({ force: true });
  const picker = page.getByRole("dialog", { name: "Add a node" });
  await picker.getByRole("combobox").fill("template");
  await picker.getByRole("option", { name: /Template text/ }).click();
  await expect(tour(page)).toContainText("Step 3 of 5");
  await node(page, "manual").click({ position: { x: 110, y: 14 } });
  await expect(tour(page)).toContainText("Step 4 of 5");

  // In another flow it goes on where it was.
  const { id } = await makeFlow(program, "Elsewhere", { nodes: [{ id: "start", type: "input.manual" }] });
  await page.goto(`/flows/${id}`);
  await expect(tour(page)).toContainText("Step 4 of 5");
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await panel.getByRole("button", { name: "Run", exact: true }).click();
  await expect(tour(page)).toContainText("Step 5 of 5");
  await tour(page).getByRole("button", { name: "Back" }).click();
  await expect(tour(page)).toContainText("Step 4 of 5");
  await tour(page).getByRole("button", { name: "Skip the tour" }).click();
  await expect(tour(page)).toHaveCount(0);
  await page.goto(`/flows/${id}?tour=1`);
  await expect(node(page, "start")).toBeVisible();
  await expect(tour(page)).toHaveCount(0);

  await page.keyboard.press("F1");
  const help = page.getByRole("dialog", { name: "Help" });
  await help.getByRole("searchbox").fill("template");
  await help.getByRole("button", { name: /Template text/ }).click();
  await expect(help).toContainText("Inputs");
  await expectAccessible(page);
  await help.getByRole("button", { name: "All nodes" }).click();
  await help.getByRole("button", { name: "Start the tour again" }).click();
  await expect(tour(page)).toContainText("Step 1 of 5");
  for (let step = 2; step <= 5; step += 1) {
    await tour(page).getByRole("button", { name: "Next" }).click();
    await expect(tour(page)).toContainText(`Step ${step} of 5`);
  }
  await tour(page).getByRole("button", { name: "Finish" }).click();
  await expect(tour(page)).toHaveCount(0);
});

test("sample documents are ready for questions after one click", async ({ page }) => {
  await page.goto("/welcome");
  await page.getByRole("button", { name: /Ask documents/ }).click();
  await page.getByRole("button", { name: "What does a full service cost?" }).click();
  await expect(page.getByRole("log", { name: "Conversation" })).toContainText("79 EUR");
});

test("the first steps fit a phone, in German", async ({ browser, program, signedIn }) => {
  const context = await browser.newContext({
    baseURL: program.url,
    storageState: signedIn,
    locale: "de-DE",
    viewport: { width: 390, height: 844 },
  });
  const page = await context.newPage();
  for (const path of ["/welcome", "/"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("Willkommen, Ada");
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    await expectAccessible(page);
  }
  await page.goto("/welcome");
  await page.getByRole("button", { name: /Eine leere Seite/ }).click();
  await expect(page.getByText("Was soll geschehen?")).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await expectAccessible(page);
  await context.close();
});
