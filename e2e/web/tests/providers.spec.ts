import type { Page } from "@playwright/test";
import { client, IdentityProvider } from "../support/identity-provider.ts";
import { Program } from "../support/program.ts";
import { expect, expectAccessible, owner, setUp, test as base } from "../support/test.ts";

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

test("who has no account and no invitation is told so", async ({ visitor: page, provider }) => {
  provider.account = { sub: "2", email: "mallory@example.org", email_verified: true, name: "Mallory" };
  await page.goto("/login");
  await page.getByRole("link", { name: "Continue with Example ID" }).click();
  await expect(page.getByRole("alert")).toContainText("Ask an administrator for an invitation");
  await expect(page).toHaveURL(/\/login/);
});
