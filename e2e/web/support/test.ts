import { stat } from "node:fs/promises";
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page, type PlaywrightWorkerArgs } from "@playwright/test";
import { Program } from "./program.ts";

export const owner = {
  organization: "Example Ltd",
  name: "Ada Lovelace",
  email: "ada@example.org",
  password: "correct horse battery staple",
};

interface PerWorker {
  /** A program that the tests of one worker share. */
  program: Program;
  /** Cookies of its owner. */
  signedIn: string;
}

/** `page` is signed in as the owner; tests that want nobody there use `guest`. */
export const test = base.extend<{ guest: Page }, PerWorker>({
  program: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from it
    async ({}, use) => {
      const program = await Program.start();
      await use(program);
      await program.stop();
    },
    { scope: "worker" },
  ],
  signedIn: [
    async ({ program, browser }, use, info) => {
      const state = `${info.project.outputDir}/owner-${info.workerIndex}.json`;
      const context = await browser.newContext({ serviceWorkers: "block" });
      const page = await context.newPage();
      await setUp(page, program);
      await context.storageState({ path: state });
      await context.close();
      await use(state);
    },
    { scope: "worker" },
  ],
  page: async ({ browser, contextOptions, playwright, program, signedIn }, use) => {
    await renew(playwright, program, signedIn);
    const context = await browser.newContext({ ...contextOptions, baseURL: program.url, storageState: signedIn });
    await use(await context.newPage());
    await context.close();
  },
  guest: async ({ browser, contextOptions, program }, use) => {
    const context = await browser.newContext({ ...contextOptions, baseURL: program.url });
    await use(await context.newPage());
    await context.close();
  },
});

/**
 * Signs in again where the cookies are older than half an access token's life. A test would otherwise
 * refresh them, and the next one, which begins with the old ones again, show a used refresh token.
 */
async function renew(playwright: PlaywrightWorkerArgs["playwright"], program: Program, state: string): Promise<void> {
  const age = Date.now() - (await stat(state)).mtimeMs;
  if (age < 5 * 60_000) return;
  const request = await playwright.request.newContext({ baseURL: program.url });
  const data = { email: owner.email, password: owner.password, transport: "cookie" };
  const answer = await request.post("/api/v1/auth/login", { data });
  expect(answer.status(), await answer.text()).toBe(200);
  await request.storageState({ path: state });
  await request.dispose();
}

/** Makes the owner's account by the link of the first run. */
export async function setUp(page: Page, program: Pick<Program, "setupUrl">): Promise<void> {
  await page.goto(program.setupUrl);
  await page.getByLabel("Organization").fill(owner.organization);
  await page.getByLabel("Your name").fill(owner.name);
  await page.getByLabel("Email").fill(owner.email);
  await page.getByLabel("Password", { exact: true }).fill(owner.password);
  await page.getByRole("button", { name: "Create account and start" }).click();
  // Two programs and two browsers start at once here, with an empty cache.
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Welcome, Ada", { timeout: 60_000 });
}

/** Fails on what axe calls serious or critical. */
export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  const said = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, target }) => `${target} ${html}`).join("\n  ")}`);
  expect(said).toEqual([]);
}

export { expect };
