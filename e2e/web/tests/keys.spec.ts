import { expect, test } from "../support/test.ts";

test("a key is made, shown once, used, and revoked", async ({ page, program }) => {
  await page.goto("/keys");
  await page.getByRole("button", { name: "Create key" }).click();
  const form = page.getByRole("dialog", { name: "Create an API key" });
  await form.getByRole("button", { name: "Create key" }).click();
  await expect(form.getByText("This is needed.")).toBeVisible();
  await form.getByLabel("Name").fill("Shop assistant");
  await form.getByLabel("Requests a minute").fill("2");
  await form.getByLabel("US dollars").fill("5.50");
  await form.getByRole("button", { name: "Create key" }).click();

  const shown = page.getByRole("dialog", { name: "Your new key" });
  const key = (await shown.getByRole("region", { name: "Your new key" }).textContent())?.trim() ?? "";
  expect(key).toMatch(/^nab-/);
  await expect(shown.getByRole("region", { name: "curl" })).toContainText(key);
  await shown.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByText(key)).toHaveCount(0);

  const call = () => fetch(`${program.url}/v1/models`, { headers: { authorization: `Bearer ${key}` } });
  expect((await call()).status).toBe(200);

  await page.getByRole("button", { name: "Open Shop assistant" }).click();
  const details = page.getByRole("dialog");
  await expect(details.getByText("2 requests / minute")).toBeVisible();
  await expect(details.getByText("$5.50 / month")).toBeVisible();
  await details.getByRole("button", { name: "Revoke key" }).click();
  const question = page.getByRole("dialog", { name: "Revoke “Shop assistant”?" });
  await question.getByRole("button", { name: "Revoke key" }).click();
  await expect(page.getByText("“Shop assistant” is revoked")).toBeVisible();
  await expect.poll(async () => (await call()).status).toBe(401);

  await page.goto("/keys?which=inactive");
  await expect(page.getByRole("row", { name: /Shop assistant/ })).toContainText("Revoked");
});

test("keys are searched and sorted, and the address keeps both", async ({ page, program }) => {
  for (const name of ["Zebra", "apple", "Mango"]) await program.api("POST", "/api/v1/keys", { name });
  await page.goto("/keys");
  await page.getByRole("button", { name: "Sort by Name" }).click();
  await expect(page).toHaveURL(/sort=name/);
  const names = page.getByRole("row").getByRole("button", { name: /^Open / });
  const shown = async () => (await names.allTextContents()).filter((name) => /Zebra|apple|Mango/.test(name));
  await expect.poll(shown).toEqual(["apple", "Mango", "Zebra"]);
  await page.getByRole("searchbox").fill("zeb");
  await expect(names).toHaveText(["Zebra"]);
  await page.reload();
  await expect(names).toHaveText(["Zebra"]);
  await page.getByRole("searchbox").fill("nothing like it");
  await page.getByRole("button", { name: "Clear search" }).click();
  await expect(names.first()).toHaveText("apple");
});
