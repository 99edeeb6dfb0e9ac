import type { Page } from "@playwright/test";
import { greeting, makeFlow, node } from "../support/flow.ts";
import type { Program } from "../support/program.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

test("a flow becomes a template of the organization: found, rated, used, changed and deleted", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Greeting", greeting);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "text")).toBeVisible();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Save as template" }).click();
  const dialog = page.getByRole("dialog", { name: /Save “Greeting” as a template/ });
  await dialog.getByRole("button", { name: "Save template" }).click();
  await expect(dialog.getByText("This is needed.").first()).toBeVisible();
  await dialog.getByLabel("Name").fill("Our greeting");
  await dialog.getByLabel("Description").fill("Greets whoever comes.");
  await dialog.getByRole("combobox", { name: "Category" }).click();
  await page.getByRole("option").first().click();
  await dialog.getByLabel("Sample input").fill('{"who": "Ada"}');
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Save template" }).click();
  await expect(dialog).toHaveCount(0);

  await page.goto("/templates");
  await page.getByText("Ours", { exact: true }).first().click();
  await page.getByRole("button", { name: /Our greeting/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Our greeting");
  await expect(page.getByRole("img", { name: /Picture of/ })).toBeVisible();
  // The stars lie over their radio buttons.
  const radio = await page.getByRole("radio", { name: "4 stars" }).getAttribute("id");
  await page.locator(`label[for="${radio}"]`).click();
  await expect(page.getByRole("button", { name: "Take back" })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole("button", { name: "Use this template" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make the flow" }).click();
  await expect(node(page, "answer")).toBeVisible();
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await expect(panel.getByRole("textbox", { name: "who" })).toHaveValue("Ada");
  await panel.getByRole("button", { name: "Run", exact: true }).click();
  await expect(panel.getByRole("status")).toContainText("Completed");

  await page.goto("/templates?from=own");
  await expect(page.getByRole("button", { name: /Our greeting/ })).toContainText("used once");
  await page.getByRole("button", { name: /Our greeting/ }).click();
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByRole("menuitem", { name: "Edit" }).click();
  const edit = page.getByRole("dialog", { name: /Edit “Our greeting”/ });
  await edit.getByLabel("Name").fill("Our better greeting");
  await edit.getByRole("button", { name: "Save", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Our better greeting");
  await page.getByRole("button", { name: "Change" }).click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await expect(page.getByText("There is no template of ours yet")).toBeVisible();
});

interface Case {
  slug: string;
  /** Outputs of nodes that leave this machine, or that need a model with eyes or ears. */
  pins?: Record<string, unknown>;
  /** What the form is given. */
  file?: { name: string; mimeType: string };
  /** The button of the approval on the way. */
  button?: string;
}

const website =
  "<html><head><title>Delivery</title></head><body><main><h1>Delivery</h1><p>We deliver within two days, to every door in the country, and tell you by mail when the parcel leaves us.</p></main></body></html>";

const cases: Case[] = [
  { slug: "support-chatbot", pins: { tell: {} } },
  { slug: "document-qa" },
  { slug: "email-processor", pins: { send: { message_id: "1" } }, button: "Send" },
  { slug: "content-generator" },
  { slug: "lead-scorer" },
  { slug: "guarded-chat" },
  { slug: "model-comparison" },
  { slug: "error-watch", pins: { tell: {} } },
  { slug: "ticket-triage", pins: { alarm: {} } },
  { slug: "translation-pipeline" },
  { slug: "social-media-scheduler", pins: { publish: { status: 200 } }, button: "Publish" },
  { slug: "website-to-knowledge", pins: { fetch: { body: website, status: 200, headers: {} } } },
  { slug: "data-extractor", file: { name: "invoice.md", mimeType: "text/markdown" }, pins: { read: { text: "# Invoice\n\nSupplier: Tea & More", pages: [], warnings: [] } } },
  { slug: "meeting-summarizer", file: { name: "talk.mp3", mimeType: "audio/mpeg" }, pins: { write: { text: "Ada asks Grace to order kettles." }, mail: {} } },
  { slug: "image-analyzer", file: { name: "cup.png", mimeType: "image/png" }, pins: { look: { text: "", json: { description: "a cup of tea" } } } },
];

test("all templates of the gallery are here", async ({ program }) => {
  const list = (await (await program.api("GET", "/api/v1/templates")).json()) as { data: { slug: string }[] };
  expect(list.data.map(({ slug }) => slug).sort()).toEqual(cases.map(({ slug }) => slug).sort());
});

/** From the gallery into the editor; the flow's id. */
async function use(page: Page, slug: string): Promise<string> {
  await page.goto(`/templates?template=${slug}`);
  await expect(page.getByRole("img", { name: /Picture of/ })).toBeVisible();
  await page.getByRole("button", { name: "Use this template" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Make the flow" }).click();
  await page.waitForURL(/\/flows\//);
  await expect(page.locator(".react-flow__node").first()).toBeVisible();
  return new URL(page.url()).pathname.split("/").at(-1) ?? "";
}

async function pin(program: Program, id: string, pins: Record<string, unknown>): Promise<void> {
  for (const [name, value] of Object.entries(pins)) {
    const answer = await program.api("PUT", `/api/v1/workflows/${id}/pins/${name}`, { outputs: value });
    expect(answer.status, await answer.text()).toBeLessThan(300);
  }
}

for (const { slug, pins, file, button } of cases) {
  test(`${slug} goes from the gallery to its result`, async ({ page, program }) => {
    const id = await use(page, slug);
    if (pins) {
      await pin(program, id, pins);
      await page.goto(`/flows/${id}?test=1`);
    }
    const panel = page.getByRole("region", { name: "Test", exact: true });
    if (file) await panel.locator("input[type=file]").setInputFiles({ ...file, buffer: Buffer.from("# Invoice") });
    await panel.getByRole("button", { name: /^(Run|Send)$/ }).click();
    if (button) {
      await expect(panel.getByRole("button", { name: /waits/i })).toBeVisible();
      const approvals = await page.context().newPage();
      await approvals.goto("/approvals");
      await approvals.getByRole("button", { name: button, exact: true }).click();
      await expect(approvals.getByText("Nobody waits for you")).toBeVisible();
      await approvals.close();
    }
    await expect(panel.getByRole("status")).toContainText("Completed", { timeout: 30_000 });
  });
}
