import { Program } from "../support/program.ts";
import { expect, setUp, test } from "../support/test.ts";

test("from the setup link to the first streamed answer", async ({ browser }) => {
  const program = await Program.start();
  const context = await browser.newContext({ serviceWorkers: "block" });
  const page = await context.newPage();
  await setUp(page, program);

  await page.getByRole("link", { name: "Playground", exact: true }).click();
  await page.getByRole("button", { name: "Use an example" }).click();
  const answered = page.waitForResponse("**/v1/chat/completions");
  await page.getByRole("button", { name: "Send" }).click();
  expect((await answered).headers()["content-type"]).toContain("text/event-stream");
  await expect(page.getByTestId("answer")).toHaveText("A yearly card costs 24.50 EUR, for students 12 EUR. [2]");
  await expect(page.getByText("First token")).toBeVisible();

  await page.getByRole("button", { name: "Explain this request" }).click();
  const dialog = page.getByRole("dialog", { name: "What happened to this request" });
  await expect(dialog.getByText("Attempt 1")).toBeVisible();
  await expect(dialog.getByText("success")).toBeVisible();
  await page.keyboard.press("Escape");

  await page.getByRole("button", { name: "Show code" }).click();
  const code = page.getByRole("dialog", { name: "The same call as code" });
  await expect(code.getByRole("region", { name: "curl" })).toContainText(`${program.url}/v1/chat/completions`);
  await code.getByText("Python").click();
  await expect(code.getByRole("region", { name: "Python" })).toContainText(`base_url="${program.url}/v1"`);

  await page.goto(program.setupUrl);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This instance is set up already");
  await context.close();
  await program.stop();
});

test("two models answer side by side, and one of them can fail", async ({ page }) => {
  await page.goto("/playground");
  await page.getByRole("button", { name: "Compare two models" }).click();
  const second = page.getByRole("combobox", { name: "Second model" });
  await second.fill("fault-500");
  await page.getByRole("option", { name: "builtin/fault-500" }).click();
  await page.getByRole("button", { name: "Use an example" }).first().click();
  await page.getByRole("textbox", { name: "Message" }).press("Enter");
  await expect(page.getByTestId("answer")).toContainText("24.50 EUR");
  await expect(page.getByRole("alert").getByText(/Request /)).toBeVisible();
});

test("a JSON schema shapes the answer, and bad JSON cannot be sent", async ({ page }) => {
  await page.goto("/playground");
  await page.getByRole("button", { name: "Use an example" }).click();
  const schema = page.getByRole("textbox", { name: "JSON schema of the answer" });
  await schema.fill("{");
  await expect(page.getByRole("button", { name: "Send" })).toBeDisabled();
  await schema.fill('{"type":"object","properties":{"answer":{"type":"string"}},"required":["answer"]}');
  await page.getByRole("button", { name: "Send" }).click();
  const answer = page.getByTestId("answer");
  await expect(answer).toContainText("24.50 EUR");
  expect(Object.keys(JSON.parse((await answer.textContent()) ?? ""))).toEqual(["answer"]);
});
