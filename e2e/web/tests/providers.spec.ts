import type { Page } from "@playwright/test";
import { enrolApp, signOut } from "../support/account.ts";
import { client, IdentityProvider } from "../support/identity-provider.ts";
import { Program } from "../support/program.ts";
import { expect, expectAccessible, owner, setUp, test as base } from "../support/test.ts";
import { totp } from "../support/totp.ts";

const ada = { sub: "1815", email: owner.email, email_verified: true, name: owner.name };

/** A program that lets people in by a provider, and a page of nobody. */
const test = base.extend<{ provider: IdentityProvider; visitor: Page }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from it
  provider: async ({}, use) => {
    const provider = new IdentityProvider(ada);
    await provider.start();
    await use(provider);
    provider.stop();
  },
  visitor: async ({ browser, contextOptions, provider }, use) => {
    const program = await Program.start(`
      [auth.oidc.corp]
      title = "Example ID"
      issuer = "${provider.issuer}"
      client_id = "${client.id}"
      client_secret = "${client.secret}"
    `);
    const first = await browser.newContext(contextOptions);
    await setUp(await first.newPage(), program);
    await first.close();
    const context = await browser.newContext({ ...contextOptions, baseURL: program.url });
    await use(await context.newPage());
    await context.close();
    await program.stop();
  },
});

test("a provider signs in whose address it vouches for, where one wanted to go", async ({ visitor: page }) => {
  test.slow();
  await page.goto("/keys?which=all");
  await expectAccessible(page);
  await page.getByRole("link", { name: "Continue with Example ID" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("API keys");
  await expect(page).toHaveURL(/\/keys\?which=all/);
  await page.goto("/profile");
  const section = page.getByRole("region", { name: "Other ways to sign in" });
  await expect(section.getByText(owner.email)).toBeVisible();
  await section.getByRole("button", { name: "Unlink Example ID" }).click();
  await expect(section.getByText(owner.email)).toHaveCount(0);
  await section.getByRole("button", { name: "Link Example ID" }).click();
  const dialog = page.getByRole("dialog", { name: "Link Example ID" });
  await dialog.getByLabel("Your password", { exact: true }).fill(owner.password);
  await dialog.getByRole("button", { name: "Continue" }).click();
  await expect(section.getByText(owner.email)).toBeVisible();
});

test("a second factor is asked for after a provider, and leads on to where one wanted to go", async ({
  visitor: page,
}) => {
  test.slow();
  await page.goto("/profile");
  await page.getByRole("link", { name: "Continue with Example ID" }).click();
  const { secret } = await enrolApp(page);
  await signOut(page);

  await page.goto("/keys?which=all");
  await page.getByRole("link", { name: "Continue with Example ID" }).click();
  await expect(page.getByLabel("Code", { exact: true })).toBeVisible();
  expect(page.url()).not.toContain("mfa_token");
  await expectAccessible(page);
  await page.getByLabel("Code", { exact: true }).fill("000000");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert").filter({ hasText: "code is wrong" })).toBeVisible();
  // The code that set the app up is used up: the next one is.
  await page.getByLabel("Code", { exact: true }).fill(totp(secret, Date.now() + 30_000));
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("API keys");
  await expect(page).toHaveURL(/\/keys\?which=all/);
});

test("who has no account and no invitation is told so", async ({ visitor: page, provider }) => {
  provider.account = { sub: "2", email: "mallory@example.org", email_verified: true, name: "Mallory" };
  await page.goto("/login");
  await page.getByRole("link", { name: "Continue with Example ID" }).click();
  await expect(page.getByRole("alert")).toContainText("Ask an administrator for an invitation");
  await expect(page).toHaveURL(/\/login/);
});
