import { expect, expectAccessible, test } from "../support/test.ts";

test("a fallback is added, answers when the first target fails, and is seen in the request's story", async ({
  page,
  program,
}) => {
  await page.goto("/models");
  await page.getByText("Routes", { exact: true }).click();
  await expect(page.getByText("No routes yet")).toBeVisible();
  await page.getByRole("button", { name: "New route" }).click();
  const form = page.getByRole("dialog", { name: "New route" });
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("This is needed.")).toHaveCount(2);
  await form.getByLabel("Name").fill("support");
  await form.getByLabel("Target 1 of step 1").fill("builtin/fault-500");
  await form.getByRole("button", { name: "Add a fallback" }).click();
  await form.getByLabel("Target 1 of step 2").fill("builtin/nobody");
  await form.getByRole("button", { name: "More" }).click();
  await form.getByLabel("Retries").fill("0");
  await expectAccessible(page);
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByText("target `builtin/nobody` does not exist", { exact: false })).toBeVisible();
  await form.getByLabel("Target 1 of step 2").fill("builtin/echo");
  await form.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("The route is saved")).toBeVisible();

  const row = page.getByRole("row", { name: /support/ });
  await expect(row).toContainText("builtin/fault-500");
  await expect(row).toContainText("builtin/echo");
  await row.getByRole("button", { name: "Actions for support" }).click();
  await page.getByRole("menuitem", { name: "Test" }).click();
  const result = page.getByRole("dialog", { name: "Test of support" });
  await expect(result.getByText("builtin/echo answered")).toBeVisible();
  await expect(result.getByText("2 attempts")).toBeVisible();
  await result.getByRole("link", { name: "Explain this request" }).click();
  await expect(page.getByText("Attempt 1")).toBeVisible({ timeout: 20_000 });
  await expect(page.getByText("Attempt 2")).toBeVisible();

  // Any client that names the route is answered by the fallback, too.
  const answer = await program.call(program.apiKey, {
    model: "support",
    messages: [{ role: "user", content: "Where is my order?" }],
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("x-nab-model")).toBe("builtin/echo");
  expect(answer.headers.get("x-nab-attempts")).toBe("2");
});

test("a route shares calls by weight, is changed in another window meanwhile, and is deleted", async ({
  page,
  program,
}) => {
  const targets = [
    { model: "builtin/echo", weight: 3, group: 0 },
    { model: "builtin/extract", weight: 1, group: 0 },
  ];
  const made = await program.api("POST", "/api/v1/models/routes", { name: "shared", definition: { targets } });
  expect(made.status).toBe(201);
  const { id } = (await made.json()) as { id: string };
  await page.goto("/models?view=routes");
  const row = page.getByRole("row", { name: /shared/ });
  await expect(row).toContainText("75 %");
  await row.getByRole("button", { name: "Actions for shared" }).click();
  await page.getByRole("menuitem", { name: "Change" }).click();
  const form = page.getByRole("dialog", { name: "Change the route" });
  await form.getByLabel("Weight of target 2 of step 1").fill("3");
  await expect(form.getByText("50 %")).toHaveCount(2);
  const other = await program.api("PATCH", `/api/v1/models/routes/${id}`, { name: "shared-now" });
  expect(other.status).toBe(200);
  await form.getByRole("button", { name: "Save" }).click();
  await expect(form.getByRole("alert")).toBeVisible();
  await form.getByRole("button", { name: "Cancel" }).click();

  await page.reload();
  const now = page.getByRole("row", { name: /shared-now/ });
  await now.getByRole("button", { name: "Actions for shared-now" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("“shared-now” is deleted")).toBeVisible();
});

test("routes fit on a phone", async ({ page, program }) => {
  const definition = { targets: ["builtin/fault-500", "builtin/echo"] };
  await program.api("POST", "/api/v1/models/routes", { name: "on-a-phone", definition });
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto("/models?view=routes");
  await expect(page.getByRole("row", { name: /on-a-phone/ })).toBeVisible();
  await expectAccessible(page);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width).toBeLessThanOrEqual(390);
});
