import { expect, test } from "../support/test.ts";

test("a statement is opened, and loaded as PDF and CSV", async ({ page, program }) => {
  const call = { model: "builtin/echo", messages: [{ role: "user", content: "Hello" }] };
  await program.metered(await program.call(program.apiKey, call));
  await page.goto("/billing");
  const kinds = { PDF: "%PDF", CSV: "," } as const;
  for (const [kind, mark] of Object.entries(kinds)) {
    const loaded = page.waitForEvent("download");
    await page.getByRole("button", { name: new RegExp(`as ${kind}$`) }).click();
    const stream = await (await loaded).createReadStream();
    let text = "";
    for await (const piece of stream) text += piece;
    expect(text).toContain(mark);
  }
  await page.getByRole("link", { name: /^Open the statement of/ }).click();
  await expect(page.getByRole("row", { name: /builtin\/echo/ })).toBeVisible();
  await expect(page.getByText("Preliminary")).toBeVisible();
});

test("the owner of the server puts an organization on another plan", async ({ page }) => {
  await page.goto("/administration");
  const plan = page.getByRole("combobox", { name: "Plan of Example Ltd" });
  await plan.click();
  await page.getByRole("option", { name: "Business" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Change the plan" }).click();
  await expect(page.getByText("Example Ltd is on “Business” now")).toBeVisible();
  await expect(plan).toHaveValue("Business");
  await page.goto("/billing");
  await expect(page.getByText("$499.00 a month").first()).toBeVisible();
  await page.goto("/administration");
  await plan.click();
  await page.getByRole("option", { name: "Unlimited" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Change the plan" }).click();
  await expect(plan).toHaveValue("Unlimited");
});
