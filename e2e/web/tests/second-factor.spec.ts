import type { BrowserContext, Page } from "@playwright/test";
import { enrolApp, signOut } from "../support/account.ts";
import { Program } from "../support/program.ts";
import { expect, expectAccessible, owner, setUp, test as base } from "../support/test.ts";
import { totp } from "../support/totp.ts";

/** A program for one test, at the name by which browsers offer passkeys, and a page of its new owner. */
const test = base.extend<{ site: Program; person: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from it
  site: async ({}, use) => {
    const program = await Program.start();
    await use(program);
    await program.stop();
  },
  person: async ({ browser, contextOptions, site }, use) => {
    const context = await browser.newContext({ ...contextOptions, baseURL: named(site.url) });
    const page = await context.newPage();
    await setUp(page, { setupUrl: named(site.setupUrl) });
    await use(page);
    await context.close();
  },
});

const named = (url: string) => url.replace("127.0.0.1", "localhost");

async function signIn(page: Page): Promise<void> {
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** A device with a fingerprint reader, whose finger is always there. */
async function addAuthenticator(context: BrowserContext, page: Page): Promise<void> {
  const devtools = await context.newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
}

test("codes of an app are set up, asked for at the next sign-in, and turned off", async ({ person: page }) => {
  test.slow();
  await page.goto("/profile");
  const { secret, codes } = await enrolApp(page);
  await signOut(page);
  await signIn(page);
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "code is wrong" })).toBeVisible();
  await expectAccessible(page);
  // The code that set the app up is used up: the next one is.
  await page.getByLabel("Code", { exact: true }).fill(totp(secret, Date.now() + 30_000));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");

  await signOut(page);
  await signIn(page);
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill(codes[0] ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");

  await page.goto("/profile");
  const section = page.getByRole("region", { name: "Two-step verification" });
  await expect(section.getByText("9 codes are left.")).toBeVisible();
  await section.getByRole("button", { name: "Turn off" }).click();
  const dialog = page.getByRole("dialog", { name: "Turn off the authenticator app?" });
  await dialog.getByRole("button", { name: "Use a code" }).click();
  await dialog.getByLabel("Code", { exact: true }).fill(codes[1] ?? "");
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await expect(section.getByRole("button", { name: "Set up" })).toBeVisible();
  await signOut(page);
  await signIn(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");
});

test("a passkey is added, signs in alone and as the second step, is renamed and removed", async ({ person: page }) => {
  test.slow();
  await addAuthenticator(page.context(), page);
  await page.goto("/profile");
  const section = page.getByRole("region", { name: "Two-step verification" });
  await section.getByRole("button", { name: "Add a passkey" }).click();
  const adding = page.getByRole("dialog", { name: "Add a passkey" });
  await adding.getByLabel("Name").fill("Laptop");
  await adding.getByLabel("Your password", { exact: true }).fill(owner.password);
  await adding.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(section.getByText("never used")).toBeVisible();
  await expectAccessible(page);

  await signOut(page);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");
  await signOut(page);
  await signIn(page);
  await expect(page.getByText("Confirm with your passkey that it is you.")).toBeVisible();
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada");

  await page.goto("/profile");
  await section.getByRole("button", { name: "Rename Laptop" }).click();
  await page.getByRole("dialog", { name: "Rename Laptop" }).getByLabel("Name").fill("Desk");
  await page.getByRole("button", { name: "Save" }).last().click();
  await section.getByRole("button", { name: "Remove Desk" }).click();
  const removing = page.getByRole("dialog", { name: "Remove Desk" });
  await removing.getByLabel("Your password", { exact: true }).fill(owner.password);
  await removing.getByRole("button", { name: "Remove" }).click();
  await expect(section.getByText("Desk")).toHaveCount(0);
  await signOut(page);
  await page.getByRole("button", { name: "Use a passkey" }).click();
  await expect(page.getByRole("alert").filter({ hasText: "passkey was refused" })).toBeVisible();
});

test("an organization that asks for a second factor leads to it and opens with it", async ({ person: page, site }) => {
  test.slow();
  const me = await (await page.request.get("/api/v1/auth/me")).json();
  const set = await site.api("PATCH", `/api/v1/organizations/${me.current.id}`, { settings: { require_mfa: true } });
  expect(set.status).toBe(200);
  await page.goto("/keys");
  await expect(page.getByText("Your organization asks for a second factor")).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("link", { name: "Set up two-step verification" }).click();
  await expect(page.getByText("Set one up here to go on.")).toBeVisible();
  await enrolApp(page);
  await page.goto("/keys");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("API keys");
});
