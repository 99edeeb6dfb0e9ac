import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "../support/program.ts";
import { expect, expectAccessible, setUp, test } from "../support/test.ts";

test("a folder of the server is tried, added and synced, and what failed says why", async ({
  browser,
  contextOptions,
}) => {
  const root = mkdtempSync(join(tmpdir(), "nab-sources-"));
  const folder = join(root, "handbook");
  mkdirSync(folder);
  writeFileSync(join(folder, "leave.md"), "Every employee has 28 days of paid leave in a year.");
  writeFileSync(join(folder, "notes.tmp"), "left out");
  symlinkSync("/etc/hostname", join(folder, "link.md"));
  const program = await Program.start(`[rag]\nsync_roots = [${JSON.stringify(root)}]\n`);
  const context = await browser.newContext({ ...contextOptions, baseURL: program.url });
  try {
    const page = await context.newPage();
    await setUp(page, program);
    const made = await program.api("POST", "/api/v1/collections", { name: "Followed" });
    const { id } = (await made.json()) as { id: string };
    await page.goto(`/documents/${id}?tab=sources`);
    await expect(page.getByText("No sources yet")).toBeVisible();
    await expectAccessible(page);

    await page.getByRole("button", { name: "Add source" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Handbook share");
    await expect(dialog.getByLabel("Bucket", { exact: true })).toBeVisible();
    await expectAccessible(page);
    await dialog.getByText("Folder of the server").click();
    await dialog.getByLabel("Path").fill("/etc");
    await dialog.getByRole("button", { name: "Test" }).click();
    await expect(dialog.getByText(/there is no folder/)).toBeVisible();
    await dialog.getByLabel("Path").fill(folder);
    await dialog.getByLabel("Leave out").fill("*.tmp");
    await dialog.getByRole("button", { name: "Test" }).click();
    await expect(dialog.getByText("1 file would be taken")).toBeVisible();
    await expect(dialog.getByRole("status")).toContainText("leave.md");
    await expect(dialog.getByRole("status")).toContainText("a link that leads out");
    await page.screenshot({ path: test.info().outputPath("dialog.png") });
    await dialog.getByRole("button", { name: "Save" }).click();

    const row = page.getByRole("table", { name: "Sources" }).getByRole("row", { name: /Handbook share/ });
    await expect(row).toContainText("1 new", { timeout: 30_000 });
    await row.getByRole("button", { name: "Show 1 failed file" }).click();
    await expect(page.getByRole("dialog")).toContainText("a link that leads out of the allowed folder");
    await expectAccessible(page);
    await page.keyboard.press("Escape");

    writeFileSync(join(folder, "leave.md"), "Every employee has 30 days of paid leave in a year.");
    await row.getByRole("button", { name: "Sync Handbook share now" }).click();
    await expect(row).toContainText("1 changed", { timeout: 30_000 });
    await page.screenshot({ path: test.info().outputPath("sources.png") });
    await page.getByRole("tab", { name: "Documents" }).click();
    await expect(page.getByRole("row", { name: /leave\.md/ })).toBeVisible();

    await page.getByRole("tab", { name: "Sources" }).click();
    await row.getByRole("button", { name: "Delete Handbook share" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete Handbook share" }).click();
    await expect(page.getByText("No sources yet")).toBeVisible();
  } finally {
    await context.close();
    await program.stop();
    rmSync(root, { recursive: true, force: true });
  }
});
