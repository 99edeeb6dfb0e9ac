import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, expectAccessible, owner } from "./test.ts";
import { totp } from "./totp.ts";

export async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
}

/** Sets an app up on the profile page; its key, and the recovery codes. */
export async function enrolApp(page: Page): Promise<{ secret: string; codes: string[] }> {
  const section = page.getByRole("region", { name: "Two-step verification" });
  await section.getByRole("button", { name: "Set up" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  await dialog.getByLabel("Your password", { exact: true }).fill(owner.password);
  await dialog.getByRole("button", { name: "Continue" }).click();
  const picture = dialog.getByRole("img", { name: "QR code for the app" });
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
  await expectAccessible(page);
  const secret = (await dialog.getByRole("region", { name: "Key for the app" }).textContent()) ?? "";
  await dialog.getByLabel("The code that the app shows").fill("000000");
  await dialog.getByRole("button", { name: "Turn on" }).click();
  await expect(dialog.getByRole("alert")).toContainText("code is wrong");
  await dialog.getByLabel("The code that the app shows").fill(totp(secret));
  await dialog.getByRole("button", { name: "Turn on" }).click();
  const once = page.getByRole("dialog", { name: "Recovery codes" });
  const text = (await once.getByRole("region", { name: "Recovery codes" }).textContent()) ?? "";
  const codes = text.split("\n");
  expect(codes).toHaveLength(10);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    once.getByRole("link", { name: "Download" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("recovery-codes.txt");
  expect(await readFile(await download.path(), "utf8")).toContain(text);
  await once.getByRole("button", { name: "I have kept them" }).click();
  await expect(section.getByText("On", { exact: true })).toBeVisible();
  await expect(section.getByText("10 codes are left.")).toBeVisible();
  return { secret, codes };
}
