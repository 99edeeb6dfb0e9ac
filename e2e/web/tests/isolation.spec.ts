import { expect, owner, test } from "../support/test.ts";
import type { Browser, Page } from "@playwright/test";
import type { Program } from "../support/program.ts";

/** Somebody of another organization of the same program, in a browser of their own. */
async function stranger(browser: Browser, program: Program, signedIn: string): Promise<Page> {
  const first = await browser.newContext({ baseURL: program.url, storageState: signedIn, serviceWorkers: "block" });
  const page = await first.newPage();
  await page.goto("/");
  await page.getByRole("button", { name: /^Organizations: / }).click();
  await page.getByRole("menuitem", { name: "New organization" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Elsewhere Ltd");
  await page.getByRole("button", { name: "Create" }).click();
  await expect(page.getByRole("button", { name: /^Organizations: Elsewhere/ })).toBeVisible();
  await page.goto("/members?dialog=invite");
  const form = page.getByRole("dialog", { name: "Invite somebody" });
  await form.getByLabel("Email").fill("eve@elsewhere.example");
  await form.getByRole("button", { name: "Send invitation" }).click();
  const sent = page.getByRole("dialog", { name: /is on its way/ });
  const link = (await sent.getByRole("region", { name: "Invitation link" }).textContent())?.trim() ?? "";
  await sent.getByRole("button", { name: "Done" }).click();
  await first.close();

  const context = await browser.newContext({ baseURL: program.url, serviceWorkers: "block" });
  const eve = await context.newPage();
  await eve.goto(link.replace(/^https?:\/\/[^/]+/, ""));
  await eve.getByLabel("Your name").fill("Eve Elsewhere");
  await eve.getByLabel("Password", { exact: true }).fill("an umbrella for strangers");
  await eve.getByRole("button", { name: "Accept invitation" }).click();
  await expect(eve.getByRole("heading", { level: 1 })).toHaveText("Welcome to Elsewhere Ltd");
  await eve.goto("/login");
  await eve.getByLabel("Email").fill("eve@elsewhere.example");
  await eve.getByLabel("Password", { exact: true }).fill("an umbrella for strangers");
  await eve.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(eve.getByRole("heading", { level: 1 })).toHaveText("Welcome, Eve");
  return eve;
}

async function switchTo(page: Page, name: string): Promise<void> {
  if (page.url() === "about:blank") await page.goto("/");
  const button = page.getByRole("button", { name: /^Organizations: / });
  await expect(button).toBeVisible();
  if ((await button.getAttribute("aria-label"))?.includes(name)) return;
  await button.click();
  await page.getByRole("menuitem", { name: new RegExp(name) }).click();
  await expect(page.getByRole("button", { name: `Organizations: ${name}` })).toBeVisible();
}

test("what belongs to one organization is nowhere in another one's browser", async ({ browser, page, program, signedIn }) => {
  const made = async (path: string, wanted: unknown) => {
    const answer = await program.api("POST", `/api/v1/${path}`, wanted);
    expect(answer.status, await answer.clone().text()).toBe(201);
    return (await answer.json()) as { id: string };
  };
  const secret = "Project Nightingale";
  const project = await made("projects", { name: secret });
  const flow = await made("workflows", { project_id: project.id, name: secret, graph: { nodes: [] } });
  const collection = await made("collections", { name: secret });
  await made("keys", { name: secret });
  await made("teams", { name: secret });
  await made("models/routes", { name: "nightingale", definition: { targets: ["builtin/echo"] } });
  const call = await program.call(program.apiKey, { model: "nightingale", messages: [{ role: "user", content: "Hi" }] });
  const request = await program.metered(call);

  const eve = await stranger(browser, program, signedIn);
  const asked: string[] = [];
  eve.on("response", async (response) => {
    if (!response.url().includes("/api/v1/")) return;
    const text = await response.text().catch(() => "");
    if (/nightingale/i.test(text)) asked.push(response.url());
  });
  const own = [
    `/projects/${project.id}`,
    `/flows/${flow.id}`,
    `/documents/${collection.id}`,
    `/usage/requests/${request}`,
  ];
  for (const path of own) {
    await eve.goto(path);
    await expect(eve.locator("main")).toContainText(/not found|no such|does not exist|not yours/i, { timeout: 20_000 });
  }
  for (const path of ["/projects", "/documents", "/keys", "/members?view=teams", "/models?view=routes", "/usage", "/usage?view=requests", "/runs", "/playground"]) {
    await eve.goto(path);
    await eve.waitForLoadState("networkidle");
    await expect(eve.locator("body"), path).not.toContainText(/nightingale/i);
  }
  expect(asked, "no answer of the API names what is not hers").toEqual([]);
  await eve.context().close();

  // Who belongs to both sees each one's own after switching, without a trace of the other.
  await switchTo(page, owner.organization);
  await page.goto("/projects");
  await expect(page.getByText(secret).first()).toBeVisible();
  await switchTo(page, "Elsewhere Ltd");
  await page.getByRole("link", { name: "Projects", exact: true }).click();
  await expect(page.getByText(secret)).toHaveCount(0);
  await switchTo(page, owner.organization);
});
