import { expect, expectAccessible, test } from "../support/test.ts";

const handbook = `# Leave

Every employee has 28 days of paid leave in a year.

# Travel

Trips by train are booked in second class.
`;

test("files are put into a new collection, read, searched, and their chunks edited", async ({ page }) => {
  await page.goto("/documents");
  await page.getByRole("button", { name: "New collection" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Handbook");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Handbook");

  await page.locator('input[type="file"]').setInputFiles([
    { name: "handbook.md", mimeType: "text/markdown", buffer: Buffer.from(handbook) },
    { name: "broken.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\nno more of it") },
  ]);
  await expect(page.getByText("handbook.md: Sent")).toBeVisible();
  const table = page.getByRole("table", { name: "Documents" });
  // The states come by the stream of events: nothing is reloaded.
  await expect(table.getByRole("row", { name: /handbook\.md/ })).toContainText("Ready", { timeout: 30_000 });
  await expect(table.getByRole("row", { name: /broken\.pdf/ })).toContainText("Failed", { timeout: 30_000 });
  await expect(table.getByRole("button", { name: "Read broken.pdf again" })).toBeVisible();
  await expectAccessible(page);

  await page.getByRole("tab", { name: "Search" }).click();
  await page.getByRole("searchbox", { name: "What do you look for?" }).fill("days of leave");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  const hit = page.getByRole("article").first();
  await expect(hit).toContainText("28 days of paid leave");
  await expect(hit).toContainText(/Score \d/);
  await expect(hit).toContainText(/by words \d/);
  await expectAccessible(page);

  await hit.getByRole("link").click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("handbook.md");
  const chunk = page.getByRole("article").filter({ hasText: "28 days" });
  await chunk.getByRole("button", { name: "Edit" }).click();
  await page.getByRole("textbox", { name: "Text" }).fill("Every employee has 30 days of paid leave.");
  await page.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("article").filter({ hasText: "30 days" })).toContainText("Edited");
  await expectAccessible(page);
});

test("a question is answered from the documents, and a click on its number shows the passage", async ({
  page,
  program,
}) => {
  const made = await program.api("POST", "/api/v1/collections", { name: "Rules" });
  const { id } = (await made.json()) as { id: string };
  const text = { name: "rules.md", text: handbook };
  const added = await program.api("POST", `/api/v1/collections/${id}/documents/text`, text);
  expect(added.status).toBe(202);
  await page.goto(`/documents/${id}`);
  await expect(page.getByRole("row", { name: /rules\.md/ })).toContainText("Ready", { timeout: 30_000 });

  await page.goto(`/ask?collection=${id}`);
  await page.getByLabel("Question").fill("How many days of paid leave are there in a year?");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  const answer = page.getByRole("article").first();
  await expect(answer).toContainText("28 days");
  await expect(answer).toContainText("Cost $0.00");
  await answer.getByRole("button", { name: /Source 1: rules\.md/ }).first().click();
  await expect(page.getByRole("dialog", { name: "Source 1" }).getByRole("blockquote")).toContainText("28 days");
  await expectAccessible(page);
  await page.keyboard.press("Escape");

  await page.getByLabel("Question").fill("Who invented the telescope?");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByRole("article").nth(1)).toContainText("The documents do not answer this");
  await expectAccessible(page);
});

test("a collection is deleted after a question", async ({ page, program }) => {
  const made = await program.api("POST", "/api/v1/collections", { name: "Old papers" });
  const { id } = (await made.json()) as { id: string };
  await page.goto(`/documents/${id}`);
  await page.getByRole("button", { name: "More for this collection" }).click();
  await page.getByRole("menuitem", { name: "Delete collection" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete collection" }).click();
  await expect(page).toHaveURL(/\/documents$/);
  expect((await program.api("GET", `/api/v1/collections/${id}`)).status).toBe(404);
});

test("the preview shows how a text would be cut, and stores nothing", async ({ page, program }) => {
  const made = await program.api("POST", "/api/v1/collections", { name: "Preview" });
  const { id } = (await made.json()) as { id: string };
  await page.goto(`/documents/${id}?tab=preview`);
  await page.getByLabel("Text to cut").fill(handbook);
  await page.getByRole("button", { name: "Show chunks" }).click();
  await expect(page.getByText(/^\d+ chunks, \d+ tokens$/)).toBeVisible();
  await expectAccessible(page);
  const found = await program.api("GET", `/api/v1/collections/${id}/documents`);
  expect(((await found.json()) as { data: unknown[] }).data).toEqual([]);
});
