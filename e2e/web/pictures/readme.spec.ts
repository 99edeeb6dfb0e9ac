import { fileURLToPath } from "node:url";
import type { Page } from "@playwright/test";
import type { Program } from "../support/program.ts";
import { expect, test } from "../support/test.ts";

const images = fileURLToPath(new URL("../../../docs/images/", import.meta.url));

/** Takes the window as it is. */
async function take(page: Page, name: string, scheme: "light" | "dark"): Promise<void> {
  await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
  await page.waitForTimeout(1_200);
  await page.screenshot({ path: `${images}${name}.png` });
}

async function made<T>(answer: Response): Promise<T> {
  const body = (await answer.json()) as T;
  expect(answer.ok, JSON.stringify(body)).toBe(true);
  return body;
}

const handbook = `# Employee handbook

## Paid leave
Every employee has 28 days of paid leave in a calendar year. Up to five days that were not taken move into the next year, until the end of March.

## Working from home
Employees may work from home on up to three days a week. The team agrees on one day on which everybody is in the office.

## Travel
Trips by train are booked in second class; first class is paid from four hours on. Receipts are handed in within thirty days.
`;

/** What an office does in a morning. */
async function work(program: Program): Promise<string> {
  for (const [name, targets] of [
    ["support", ["builtin/fault-500", "builtin/extract"]],
    ["fast", ["builtin/echo"]],
  ] as const) {
    const retry = { max_retries: 0, backoff_ms: 1, backoff_max_ms: 1, retry_after_max_ms: 1 };
    await made(await program.api("POST", "/api/v1/models/routes", { name, definition: { targets, retry } }));
  }
  const keys: string[] = [];
  for (const name of ["Website", "Help desk", "Reports"]) {
    keys.push((await made<{ key: string }>(await program.api("POST", "/api/v1/keys", { name }))).key);
  }
  const models = ["support", "fast", "builtin/extract", "builtin/echo"];
  for (let number = 0; number < 60; number++) {
    const content = `How many days of leave do I have? (${number}) `.repeat(1 + (number % 7));
    const call = { model: models[number % models.length], messages: [{ role: "user", content }] };
    await program.call(keys[number % 5 === 0 ? 2 : number % 2] ?? "", call);
  }
  const { id } = await made<{ id: string }>(
    await program.api("POST", "/api/v1/collections", { name: "Handbook", slug: "handbook" }),
  );
  await made(
    await program.api("POST", `/api/v1/collections/${id}/documents/text`, { name: "Handbook.md", text: handbook }),
  );
  const project = await made<{ id: string }>(await program.api("POST", "/api/v1/projects", { name: "Customer support" }));
  const used = await made<{ workflow: { id: string } }>(
    await program.api("POST", "/api/v1/templates/guarded-chat/use", {
      project_id: project.id,
      mapping: { models: { "openai/gpt-4o-mini": "builtin/extract" } },
    }),
  );
  return used.workflow.id;
}

test("pictures", async ({ page, program }) => {
  const flow = await work(program);

  await page.goto("/models?view=routes");
  await expect(page.getByRole("row", { name: /support/ })).toBeVisible();
  await take(page, "routes", "light");

  await page.goto(`/flows/${flow}`);
  await expect(page.locator(".react-flow__node").nth(3)).toBeVisible();
  await page.waitForLoadState("networkidle");
  await take(page, "flow", "dark");

  await page.goto("/ask");
  await page.getByRole("textbox").first().fill("How many days of leave do I have, and may I keep some?");
  await page.keyboard.press("Enter");
  await expect(page.getByText(/28 days/).first()).toBeVisible({ timeout: 30_000 });
  await page.getByText("[1]").last().click();
  await expect(page.getByText(/until the end of March/).first()).toBeVisible();
  await take(page, "ask", "light");

  await page.goto("/playground");
  await page.getByRole("button", { name: "Use an example" }).click();
  await page.getByRole("button", { name: "Compare two models" }).click();
  await page.getByRole("button", { name: "Send" }).click();
  await page.waitForLoadState("networkidle");
  await take(page, "playground", "dark");
});
