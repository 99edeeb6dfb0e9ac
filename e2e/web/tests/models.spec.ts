import { expect, test } from "../support/test.ts";

test("a provider is connected, its models can be called, and its key is deleted again", async ({ page }) => {
  await page.goto("/models?view=providers");
  await page.getByRole("button", { name: "Open Groq" }).click();
  const provider = page.getByRole("dialog");
  await provider.getByRole("button", { name: "Store" }).click();
  await expect(provider.getByText("This is needed.")).toBeVisible();
  await provider.getByLabel("Key", { exact: true }).fill("gsk-not-a-real-key");
  await provider.getByRole("button", { name: "Store" }).click();
  await expect(provider.getByText("Connected")).toBeVisible();
  await expect(page.getByText("gsk-not-a-real-key")).toHaveCount(0);

  await provider.getByRole("link", { name: "See its models" }).click();
  const models = page.getByRole("row").getByRole("button", { name: /^Open groq\// });
  await expect(models.first()).toBeVisible();
  await models.first().click();
  await expect(page.getByRole("dialog").getByRole("heading", { name: "Prices" })).toBeVisible();

  await page.goto("/models?view=providers&open=groq");
  await page.getByRole("switch", { name: "Use Groq" }).press("Space");
  await expect(page.getByRole("dialog").getByText("Switched off")).toBeVisible();
  await page.getByRole("button", { name: "Actions for Groq" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog", { name: "Delete “Groq”?" }).getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("“Groq” is deleted")).toBeVisible();
  await expect(page.getByRole("dialog").getByText("Not connected")).toBeVisible();
});

test("a model is tried in the playground from its details", async ({ page }) => {
  await page.goto("/models");
  await page.getByRole("searchbox").fill("builtin/echo");
  await page.getByRole("button", { name: "Open builtin/echo" }).click();
  await page.getByRole("link", { name: "Try in the playground" }).click();
  await expect(page.getByRole("combobox", { name: "Model" })).toHaveValue("builtin/echo");
});
