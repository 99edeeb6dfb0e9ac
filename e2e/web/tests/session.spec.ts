import type { Page } from "@playwright/test";
import { expect, owner, test } from "../support/test.ts";

test("a wrong password is refused, the right one leads to where one wanted to go", async ({ guest, signedIn }) => {
  expect(signedIn).toBeTruthy();
  await guest.goto("/keys?which=all");
  await expect(guest).toHaveURL(/\/login/);
  await guest.getByLabel("Email").fill(owner.email);
  await guest.getByLabel("Password", { exact: true }).fill("not the password");
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest.getByRole("alert")).toBeVisible();
  await guest.getByLabel("Password", { exact: true }).fill(owner.password);
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest).toHaveURL(/\/keys\?which=all/);

  await guest.getByRole("button", { name: /^Account of/ }).click();
  await guest.getByRole("menuitem", { name: "Sign out" }).click();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});

test("a link to another site is not followed after signing in", async ({ guest, signedIn }) => {
  expect(signedIn).toBeTruthy();
  await guest.goto("/login?to=//example.org/");
  await guest.getByLabel("Email").fill(owner.email);
  await guest.getByLabel("Password", { exact: true }).fill(owner.password);
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");
});

test("what was typed survives the end of the session", async ({ page }) => {
  await page.goto("/keys?dialog=new");
  const form = page.getByRole("dialog", { name: "Create an API key" });
  await form.getByLabel("Name").fill("Typed before");
  await page.context().clearCookies();
  await form.getByRole("button", { name: "Create key" }).click();
  const again = page.getByRole("dialog", { name: "Sign in again" });
  await again.getByLabel("Password", { exact: true }).fill(owner.password);
  await again.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("dialog", { name: "Your new key" })).toBeVisible();
  await page.getByRole("button", { name: "I have copied it" }).click();
  await expect(page.getByRole("button", { name: "Open Typed before" })).toBeVisible();
});

test("an access token that has run out is renewed without a word", async ({ page }) => {
  await page.goto("/profile");
  await expect(page.getByText("This device")).toBeVisible();
  await page.context().clearCookies({ name: "nab_access" });
  await page.getByLabel("Name").fill("Ada King");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByText("Saved")).toBeVisible();
  await page.getByLabel("Name").fill(owner.name);
  await page.getByRole("button", { name: "Save" }).click();
});

test("the command palette finds pages and commands", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Welcome/);
  await page.getByRole("button", { name: "Search and commands" }).click();
  await page.getByPlaceholder("Search and commands").fill("token");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/keys/);
  await page.keyboard.press("Control+k");
  await page.getByPlaceholder("Search and commands").fill("Deutsch");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("API-Schlüssel");
});

test("an invited viewer joins by the link, and sees only what viewers may", async ({ page, guest, program }) => {
  const invited = await program.api("POST", "/api/v1/invitations", { email: "vera@example.org", role: "viewer" });
  expect(invited.status).toBe(201);
  await guest.goto(await linkTo(page, "vera@example.org"));
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Join Example Ltd");
  await guest.getByLabel("Your name").fill("Vera Viewer");
  await guest.getByLabel("Password", { exact: true }).fill("an umbrella for viewers");
  await guest.getByRole("button", { name: "Accept invitation" }).click();
  await guest.getByRole("link", { name: "Sign in" }).click();
  await guest.getByLabel("Email").fill("vera@example.org");
  await guest.getByLabel("Password", { exact: true }).fill("an umbrella for viewers");
  await guest.getByRole("button", { name: "Sign in" }).click();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Welcome, Vera");
  await expect(guest.getByRole("link", { name: "Keys", exact: true })).toHaveCount(0);
  await guest.goto("/keys");
  await expect(guest.getByText("Your role may not see this")).toBeVisible();
});

/** The link in the newest mail to an address. Without an SMTP server the owner reads mails in the outbox. */
async function linkTo(owner: Page, recipient: string): Promise<string> {
  const outbox = await (await owner.request.get("/api/v1/outbox")).json();
  const mail = outbox.data.find((one: { recipient: string }) => one.recipient === recipient);
  return /https?:\S+token=[\w-]+/.exec(JSON.stringify(mail))?.[0] ?? "";
}
