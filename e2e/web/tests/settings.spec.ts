import { Program } from "../support/program.ts";
import { expect, setUp, test } from "../support/test.ts";

test("settings are saved, and an edit that came too late says so", async ({ page, program }) => {
  await page.goto("/settings");
  await page.getByLabel("Short name").fill("Not A Slug");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Only a–z, 0–9 and hyphens, at most 64.")).toBeVisible();
  await page.getByLabel("Short name").fill("example-ltd");
  await page.getByLabel("Address for alerts and statements").fill("bills@example.org");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Short name")).toHaveValue("example-ltd");

  const changed = await program.api("PATCH", "/api/v1/organizations/current", { billing_email: null });
  expect(changed.status).toBe(200);
  await page.getByLabel("Days to keep them").fill("14");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Somebody else changed the settings meanwhile.")).toBeVisible();
  await page.getByRole("button", { name: "Load anew" }).click();
  await expect(page.getByLabel("Address for alerts and statements")).toHaveValue("");
});

test("a limit is set, changed and deleted", async ({ page }) => {
  await page.goto("/settings?tab=limits");
  await page.getByRole("button", { name: "Add a limit" }).first().click();
  const form = page.getByRole("dialog", { name: "Add a limit" });
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("This is needed.")).toBeVisible();
  await form.getByLabel("At most").fill("321");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /321 requests \/ minute/ })).toContainText("The organization");
  await page.getByRole("button", { name: "Actions for: 321 requests / minute" }).click();
  await page.getByRole("menuitem", { name: "Change" }).click();
  await page.getByLabel("At most").fill("400");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("button", { name: "Actions for: 400 requests / minute" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByRole("row", { name: /400 requests/ })).toHaveCount(0);
});

test("a budget shows what is used of it, and a webhook's secret is shown once", async ({ page }) => {
  await page.goto("/settings?tab=budgets");
  await page.getByRole("button", { name: "Add a budget" }).first().click();
  await page.getByLabel("At most").fill("12.5");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("row", { name: /\$12\.50 \/ month/ })).toContainText("$0.00 used");
  await page.getByLabel("Address").fill("ftp://example.org");
  await page.getByRole("button", { name: "Set the webhook" }).click();
  await expect(page.getByText("This is no http or https address.")).toBeVisible();
  await page.getByLabel("Address").fill("https://hooks.example.org/alerts");
  await page.getByRole("button", { name: "Set the webhook" }).click();
  const secret = page.getByRole("region", { name: "Signing secret" });
  await expect(secret).toContainText("whsec_");
  await page.reload();
  await expect(page.getByLabel("Address")).toHaveValue("https://hooks.example.org/alerts");
  await expect(secret).toHaveCount(0);
  await page.getByRole("button", { name: "Send a test" }).click();
  await expect(page.getByText("The receiver did not take it")).toBeVisible({ timeout: 30_000 });
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await expect(page.getByRole("button", { name: "Set the webhook" })).toBeVisible();
});

test("the audit log tells who changed what, field by field", async ({ page, program }) => {
  const { id } = await (await program.api("POST", "/api/v1/teams", { name: "Before" })).json();
  await program.api("PATCH", `/api/v1/teams/${id}`, { name: "After" });
  await page.goto("/settings?tab=audit&action=team.");
  const row = page.getByRole("row", { name: /team\.update/ }).first();
  await expect(row).toContainText("Key ");
  await row.getByRole("button").click();
  const change = page.getByRole("row", { name: /^name/ });
  await expect(change).toContainText("Before");
  await expect(change).toContainText("After");
});

test("mails that were not sent can be read, with their links", async ({ page, program }) => {
  await program.api("POST", "/api/v1/invitations", { email: "outbox@example.org", role: "viewer" });
  await page.goto("/settings?tab=outbox");
  await page.getByRole("button", { name: /to outbox@example.org$/ }).click();
  const mail = page.getByRole("dialog");
  await expect(mail.getByRole("region", { name: "The link in it" })).toContainText("/invitation?token=");
  await expect(mail.getByText("Held")).toBeVisible();
});

test("an organization is made in the switcher, exported, and deleted by its name", async ({ browser }) => {
  const program = await Program.start();
  const browserContext = await browser.newContext({ serviceWorkers: "block" });
  const page = await browserContext.newPage();
  await setUp(page, program);
  await page.getByRole("button", { name: /^Organizations: Example Ltd/ }).click();
  await page.getByRole("menuitem", { name: "New organization" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Müller & Söhne");
  await expect(page.getByLabel("Short name")).toHaveValue("mueller-soehne");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("button", { name: /^Organizations: Müller/ })).toBeVisible();

  await page.goto(`${program.url}/settings?tab=end`);
  await page.getByRole("button", { name: "Delete organization" }).click();
  const dialog = page.getByRole("dialog", { name: "Delete “Müller & Söhne” for ever?" });
  const destroy = dialog.getByRole("button", { name: "Delete organization" });
  await dialog.getByLabel(/^Type the name/).fill("Müller & Söhne");
  await expect(destroy).toBeDisabled();
  const loaded = page.waitForEvent("download");
  await dialog.getByRole("button", { name: "Download the export" }).click();
  expect((await loaded).suggestedFilename()).toBe("mueller-soehne.json");
  await destroy.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Welcome/);
  await expect(page.getByRole("button", { name: /^Organizations:/ })).not.toContainText("Müller");
  await browserContext.close();
  await program.stop();
});

test("a budget that runs out is told by mail, on the page, and to the caller", async ({ page, program }) => {
  const made = await program.api("POST", "/api/v1/keys", { name: "Spender" });
  const { key, id } = (await made.json()) as { key: string; id: string };
  const budget = { scope: "key", scope_id: id, period: "day", unit: "tokens", max: 400 };
  expect((await program.api("POST", "/api/v1/budgets", budget)).status).toBe(201);
  const call = { model: "builtin/echo", messages: [{ role: "user", content: "word ".repeat(60) }], max_tokens: 100 };
  let refused = "";
  for (let tries = 0; tries < 30 && refused === ""; tries++) {
    const answer = await program.call(key, { ...call, user: `try ${tries}` });
    if (answer.status === 200) await program.metered(answer);
    else refused = `${answer.status} ${await answer.text()}`;
  }
  expect(refused).toContain("budget");
  await expect
    .poll(async () => JSON.stringify(await (await page.request.get("/api/v1/outbox")).json()), { timeout: 30_000 })
    .toMatch(/budget/i);
  await page.goto("/settings?tab=budgets");
  await expect(page.getByRole("heading", { name: "Alerts" })).toBeVisible();
  await page.goto("/settings?tab=outbox");
  const mail = page.getByRole("button", { name: /budget.*to ada@example\.org$/i }).first();
  await expect(mail).toBeVisible();
  await mail.click();
  await expect(page.getByRole("dialog")).toContainText("%");
});
