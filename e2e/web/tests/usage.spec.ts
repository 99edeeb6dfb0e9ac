import { expect, test } from "../support/test.ts";

const question = {
  model: "builtin/extract",
  messages: [
    { role: "system", content: "[1] A yearly card costs 24.50 EUR." },
    { role: "user", content: "How much is a yearly card?" },
  ],
};

test("the call just made stands in the report, in the request log, and on a page of its own", async ({
  page,
  program,
}) => {
  const made = await program.api("POST", "/api/v1/keys", { name: "Usage test", tags: ["usage-test"] });
  const { key } = await made.json();
  const id = await program.metered(await program.call(key, question));

  await page.goto("/usage?tag=usage-test&by=key&metric=calls");
  await expect(page.getByRole("button", { name: /^Requests/ })).toHaveAttribute("aria-pressed", "true");
  await expect(page.getByRole("button", { name: /^Requests/ })).toContainText("1");
  await expect(page.getByRole("img", { name: "Requests over time, by Key" })).toBeVisible();
  await page.getByRole("button", { name: "Only Usage test" }).click();
  await expect(page).toHaveURL(/key=/);

  await page.getByText("Request log").click();
  await page.getByRole("link", { name: /^Open the request of/ }).click();
  await expect(page).toHaveURL(new RegExp(`/usage/requests/${id}`));
  await expect(page.getByText("Attempt 1")).toBeVisible();
  await expect(page.getByText("Success").first()).toBeVisible();
  await expect(page.getByText("usage-test")).toBeVisible();
});

test("a request is found by the id of its error message, and each try stands there", async ({ page, program }) => {
  const id = await program.metered(await program.call(program.apiKey, { ...question, model: "builtin/fault-500" }));
  await page.goto("/usage?view=requests");
  await page.getByLabel("Request id").fill(id);
  await page.getByRole("button", { name: "Open", exact: true }).click();
  await expect(page.getByText("Attempt 1")).toBeVisible();
  await expect(page.getByText("Error", { exact: true }).first()).toBeVisible();
  await page.goto("/usage/requests/req_unknown");
  await expect(page.getByText("No such request")).toBeVisible({ timeout: 20_000 });
});

test("the report is exported as CSV and PDF, and filters are cleared again", async ({ page, program }) => {
  await program.metered(await program.call(program.apiKey, question));
  await page.goto("/usage?range=24h&model=extract");
  await expect(page.getByRole("button", { name: "Filters (1)" })).toBeVisible();
  await page.getByRole("button", { name: "Export" }).click();
  const loaded = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "This report (CSV)" }).click();
  const file = await loaded;
  expect(file.suggestedFilename()).toBe("usage.csv");
  const text = await streamText(await file.createReadStream());
  expect(text.split("\n")[0]).toContain("model");
  await page.getByRole("button", { name: "Export" }).click();
  const drawn = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "This report (PDF)" }).click();
  const document = await drawn;
  expect(document.suggestedFilename()).toBe("usage.pdf");
  expect(await streamText(await document.createReadStream())).toMatch(/^%PDF-/);
  await page.getByRole("button", { name: "Clear filters" }).first().click();
  await expect(page).not.toHaveURL(/model=/);
});

async function streamText(stream: NodeJS.ReadableStream): Promise<string> {
  let text = "";
  for await (const piece of stream) text += piece;
  return text;
}
