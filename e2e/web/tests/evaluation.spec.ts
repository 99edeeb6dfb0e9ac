import { expect, expectAccessible, test } from "../support/test.ts";

const texts = {
  "leave.md": "Every employee has 28 days of paid leave in a year.",
  "travel.md": "Trips by train are booked in second class. Nobody travels on days of leave.",
};

test("a search becomes a test question, and two evaluations are compared side by side", async ({
  page,
  program,
}) => {
  const made = await program.api("POST", "/api/v1/collections", { name: "Evaluated" });
  const { id } = (await made.json()) as { id: string };
  for (const [name, text] of Object.entries(texts)) {
    await program.api("POST", `/api/v1/collections/${id}/documents/text`, { name, text });
  }
  const search = () => program.api("POST", `/api/v1/collections/${id}/search`, { queries: ["leave"] });
  await expect
    .poll(async () => ((await (await search()).json()) as { hits: unknown[] }).hits.length, { timeout: 30_000 })
    .toBe(2);

  await page.goto(`/documents/${id}?tab=evaluation`);
  await expect(page.getByText("No test questions yet")).toBeVisible();
  await expect(page.getByRole("button", { name: "New evaluation" })).toBeDisabled();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Go to search" }).click();

  // The better result for these words is the other document: one result alone does not find it.
  await page.getByRole("searchbox", { name: "What do you look for?" }).fill("days of leave");
  await page.getByRole("button", { name: "Search", exact: true }).click();
  const travel = page.getByRole("article").filter({ hasText: "second class" });
  await expect(page.getByRole("article").first()).toContainText("28 days");
  await travel.getByRole("checkbox", { name: "Right answer" }).check();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Save as test question, with 1 right answer" }).click();
  await expect(page.getByText("The test question is saved")).toBeVisible();

  await page.getByRole("tab", { name: "Evaluation" }).click();
  const cases = page.getByRole("table", { name: "Test questions" });
  await expect(cases.getByRole("row", { name: /days of leave/ })).toContainText("travel.md");

  const runs = page.getByRole("table", { name: "Evaluations" });
  for (const [name, results] of [["Ten results", "10"], ["One result", "1"]] as const) {
    await page.getByRole("button", { name: "New evaluation" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill(name);
    await dialog.getByLabel("Results per question (k)").fill(results);
    if (results === "10") {
      await dialog.getByLabel(/Answer the questions too/).check();
      await expectAccessible(page);
    }
    await dialog.getByRole("button", { name: "Start" }).click();
    await expect(runs.getByRole("row", { name: new RegExp(name) })).toContainText(/100\s?%|0\s?%/, {
      timeout: 30_000,
    });
  }
  await expect(runs.getByRole("row", { name: /Ten results/ })).toContainText(/100\s?%/);

  const comparison = page.getByRole("table", { name: "Results by question" });
  const row = comparison.getByRole("row", { name: /days of leave/ });
  await expect(row).toContainText("at rank 2");
  await expect(row).toContainText("not found");
  await expect(row).toContainText("worse");
  await row.getByRole("button", { name: "days of leave" }).click();
  await expect(row.getByRole("img", { name: "Right answer" })).toHaveCount(1);
  await expectAccessible(page);

  await cases.getByRole("button", { name: "Edit days of leave" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Remark").fill("from a real search");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await expect(cases).toContainText("from a real search");
  await page.getByRole("button", { name: "Delete One result" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete One result" }).click();
  await expect(runs.getByRole("row", { name: /One result/ })).toHaveCount(0);
});
