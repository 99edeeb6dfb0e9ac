import type { FrameLocator, Page } from "@playwright/test";
import { type Graph, makeFlow, node } from "../support/flow.ts";
import type { Program } from "../support/program.ts";
import { expect, expectAccessible, test } from "../support/test.ts";
import { Website } from "../support/website.ts";

const bot: Graph = {
  nodes: [
    {
      id: "chat",
      type: "input.chat",
      settings: { greeting: "Hello! Ask me about **tea**.", suggestions: ["What is tea?"] },
    },
    {
      id: "model",
      type: "ai.text",
      settings: { model: "builtin/extract", prompt: "Tea is a drink. {{ nodes.chat.output.message }}" },
    },
    { id: "answer", type: "output.return", settings: {} },
  ],
  edges: [
    { id: "e1", from: { node: "chat", port: "out" }, to: { node: "model", port: "in" }, kind: "control" },
    { id: "e2", from: { node: "model", port: "text" }, to: { node: "answer", port: "value" }, kind: "data" },
  ],
  layout: { nodes: { chat: { x: 0, y: 0 }, model: { x: 320, y: 0 }, answer: { x: 640, y: 0 } } },
};

const survey: Graph = {
  nodes: [
    {
      id: "form",
      type: "input.form",
      settings: {
        title: "Lunch",
        description: "Tell us what you would like.",
        button: "Order",
        fields: [
          { name: "dish", title: "Dish", options: ["soup", "salad"], required: true },
          { name: "seats", title: "Seats", type: "number", required: true, description: "How many of you come." },
          { name: "outside", title: "Outside", type: "boolean" },
          { name: "menu", title: "Menu", type: "file" },
        ],
      },
    },
    {
      id: "text",
      type: "data.template",
      settings: { template: "**{{ input.dish }}** for {{ input.seats }}, {{ input.menu.name }}" },
    },
    { id: "answer", type: "output.return", settings: {} },
  ],
  edges: [
    { id: "e1", from: { node: "form", port: "out" }, to: { node: "text", port: "in" }, kind: "control" },
    { id: "e2", from: { node: "text", port: "text" }, to: { node: "answer", port: "value" }, kind: "data" },
  ],
  layout: { nodes: { form: { x: 0, y: 0 }, text: { x: 320, y: 0 }, answer: { x: 640, y: 0 } } },
};

/** Makes and publishes a flow, and opens where it can be called. */
async function published(page: Page, program: Program, name: string, graph: Graph) {
  const { id } = await makeFlow(program, name, graph);
  const flow = (await (await program.api("GET", `/api/v1/workflows/${id}`)).json()) as { revision: number };
  const done = await program.api("POST", `/api/v1/workflows/${id}/publish`, { revision: flow.revision, notes: "" });
  expect(done.status, await done.text()).toBeLessThan(300);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "answer")).toBeVisible();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Call this flow" }).click();
  return page.getByRole("dialog", { name: "Call this flow" });
}

async function say(place: Page | FrameLocator, text: string) {
  await place.getByRole("textbox", { name: "Message" }).fill(text);
  await place.getByRole("button", { name: "Send" }).click();
}

test("a flow becomes a chat page that anybody with its address talks to, here and inside of allowed websites", async ({
  page,
  guest,
  program,
}, info) => {
  const drawer = await published(page, program, "Tea page", bot);
  const part = drawer.getByRole("region", { name: "As a chat page" });
  await part.getByRole("switch", { name: "The page is on" }).click();
  await expect(part.getByText("No website may show it yet", { exact: false })).toBeVisible();
  const address = (await part.getByRole("link").first().getAttribute("href")) ?? "";
  expect(address).toMatch(/\/chat\/[\w-]{32}$/);
  const token = address.split("/").pop() ?? "";

  // Two websites with the same lines; one of them is allowed.
  const lines = `<script src="${program.url}/embed.js" data-chat="${token}" data-title="Tea" async></script>`;
  const [ours, theirs] = await Promise.all([Website.start(lines), Website.start(lines)]);
  try {
    await part.getByRole("button", { name: "Settings" }).click();
    await part.getByRole("combobox", { name: "Websites that may show it" }).fill(ours.origin);
    await part.getByRole("combobox", { name: "Websites that may show it" }).press("Enter");
    await part.getByRole("textbox", { name: "Title" }).fill("Tea desk");
    await part.getByRole("textbox", { name: "Colour" }).fill("#7a3b00");
    await part.getByRole("button", { name: "Save" }).click();
    await expect(part.getByRole("region", { name: "Chat bubble for your website" })).toContainText(token);
    await part.getByRole("button", { name: "Show a preview" }).click();
    await expect(part.frameLocator("iframe").getByText("Ask me about")).toBeVisible();
    await expectAccessible(page);
    await page.screenshot({ path: info.outputPath("panel.png") });

    await guest.setViewportSize({ width: 390, height: 844 });
    await guest.goto(address);
    await expect(guest.getByRole("heading", { name: "Tea desk" })).toBeVisible();
    await expect(guest.locator("strong", { hasText: "tea" })).toBeVisible();
    await expectAccessible(guest);
    await guest.getByRole("button", { name: "What is tea?" }).click();
    const log = guest.getByRole("log", { name: "Conversation" });
    await expect(log.getByText("Tea is a drink", { exact: false })).toBeVisible();
    await say(guest, "<b>And</b> is tea a drink?");
    await expect(log.getByText("Tea is a drink", { exact: false })).toHaveCount(2);
    await expect(log.getByText("<b>And</b>", { exact: false })).toBeVisible();
    await expectAccessible(guest);
    await guest.screenshot({ path: info.outputPath("phone.png") });
    await guest.reload();
    await expect(log.getByText("Tea is a drink", { exact: false })).toHaveCount(2);
    await guest.emulateMedia({ colorScheme: "dark" });
    await expectAccessible(guest);
    await guest.screenshot({ path: info.outputPath("dark.png") });
    await guest.getByRole("button", { name: "New conversation" }).click();
    await expect(log.getByText("Tea is a drink", { exact: false })).toHaveCount(0);
    await guest.emulateMedia({ colorScheme: "light" });

    await guest.setViewportSize({ width: 1100, height: 800 });
    await guest.goto(ours.origin);
    await guest.getByRole("button", { name: "Open chat: Tea" }).click();
    const inside = guest.frameLocator("iframe");
    await say(inside, "What is tea?");
    await expect(inside.getByText("Tea is a drink", { exact: false })).toBeVisible();
    await guest.screenshot({ path: info.outputPath("widget.png") });
    await guest.keyboard.press("Tab");
    await guest.getByRole("button", { name: "Close chat" }).click();
    await expect(guest.locator("iframe")).toBeHidden();

    await guest.goto(theirs.origin);
    await guest.getByRole("button", { name: "Open chat: Tea" }).click();
    await expect.poll(() => guest.frames().map((frame) => frame.url())).toContain("chrome-error://chromewebdata/");
    const called = await guest.evaluate(async (url) => {
      const call = await fetch(url).catch(() => null);
      return call?.status ?? 0;
    }, `${program.url}/pages/${token}`);
    expect(called, "its script cannot read the answer either").toBe(0);

    await guest.goto(address);
    await expect(guest.getByRole("textbox", { name: "Message" })).toBeVisible();
    await part.getByRole("switch", { name: "The page is on" }).click();
    await expect(part.getByRole("switch")).not.toBeChecked();
    await say(guest, "Still there?");
    await expect(guest.getByRole("heading", { name: "There is nothing here." })).toBeVisible();
    const gone = await guest.goto(address);
    expect(gone?.status()).toBe(404);
    expect(gone?.headers()["content-security-policy"]).toContain("frame-ancestors 'none'");
  } finally {
    ours.stop();
    theirs.stop();
  }
});

test("a password stands before a chat, and the page speaks German", async ({ page, browser, program }, info) => {
  const drawer = await published(page, program, "Secret page", bot);
  const part = drawer.getByRole("region", { name: "As a chat page" });
  await part.getByRole("switch", { name: "The page is on" }).click();
  const link = part.getByRole("link").first();
  await expect(link).toBeVisible();
  await part.getByRole("button", { name: "Settings" }).click();
  await part.getByRole("combobox", { name: "Who may use it" }).click();
  await page.getByRole("option", { name: "Everybody who knows the password" }).click();
  await part.getByLabel("New password", { exact: true }).fill("lupine-orbit-mackerel");
  await part.getByRole("button", { name: "Save" }).click();
  await expect(part.getByLabel("New password", { exact: true })).toHaveValue("");

  const context = await browser.newContext({ locale: "de-DE", viewport: { width: 390, height: 844 } });
  const visitor = await context.newPage();
  await visitor.goto((await link.getAttribute("href")) ?? "");
  const password = visitor.getByLabel("Passwort");
  await expectAccessible(visitor);
  await password.fill("guess");
  await visitor.getByRole("button", { name: "Öffnen" }).click();
  await expect(visitor.getByRole("alert")).toHaveText("Das Passwort stimmt nicht.");
  await visitor.screenshot({ path: info.outputPath("password.png") });
  await password.fill("lupine-orbit-mackerel");
  await visitor.getByRole("button", { name: "Öffnen" }).click();
  await visitor.getByRole("textbox", { name: "Nachricht" }).fill("What is tea?");
  await visitor.getByRole("textbox", { name: "Nachricht" }).press("Enter");
  await expect(visitor.getByText("Tea is a drink", { exact: false })).toBeVisible();
  await context.close();
});

test("a flow becomes a form that is checked and shows what the flow returns", async ({ page, guest, program }, info) => {
  const drawer = await published(page, program, "Lunch", survey);
  const part = drawer.getByRole("region", { name: "As a form" });
  await part.getByRole("switch", { name: "The page is on" }).click();
  const address = (await part.getByRole("link").first().getAttribute("href")) ?? "";
  await guest.setViewportSize({ width: 390, height: 844 });
  await guest.goto(address);
  await expect(guest.getByRole("heading", { name: "Lunch" })).toBeVisible();
  await guest.getByRole("button", { name: "Order" }).click();
  await expect(guest.getByText("This field is needed.")).toHaveCount(2);
  await expect(guest.getByLabel("Dish")).toBeFocused();
  await expectAccessible(guest);
  await guest.screenshot({ path: info.outputPath("form.png") });
  await guest.getByLabel("Dish").selectOption("soup");
  await guest.getByLabel("Seats").fill("two");
  await guest.getByRole("button", { name: "Order" }).click();
  await expect(guest.getByText("Write a number.")).toBeVisible();
  await guest.getByLabel("Seats").fill("2");
  await guest.getByLabel("Outside").check();
  await guest.getByLabel("Menu").setInputFiles({ name: "menu.txt", mimeType: "text/plain", buffer: Buffer.from("tea") });
  await guest.getByRole("button", { name: "Order" }).click();
  await expect(guest.getByRole("status")).toHaveText("soup for 2, menu.txt");
  await expectAccessible(guest);
  await guest.screenshot({ path: info.outputPath("result.png") });
  await guest.getByRole("button", { name: "Fill in again" }).click();
  await expect(guest.getByLabel("Seats")).toHaveValue("");
});
