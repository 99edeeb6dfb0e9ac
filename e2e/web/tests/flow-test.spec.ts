import { type Graph, makeFlow, node } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

const data = (id: string, from: [string, string], to: [string, string]) => ({
  id,
  from: { node: from[0], port: from[1] },
  to: { node: to[0], port: to[1] },
  kind: "data",
});

/** Chat -> built-in model -> answer. */
const chat: Graph = {
  nodes: [
    { id: "chat", type: "input.chat", settings: { greeting: "Ask **me**.", suggestions: ["What is tea?"] } },
    {
      id: "model",
      type: "ai.text",
      settings: { model: "builtin/extract", prompt: "Tea is a drink. Coffee is a drink, too. {{ nodes.chat.output.message }}" },
    },
    { id: "answer", type: "output.return", settings: {} },
  ],
  edges: [
    { id: "e1", from: { node: "chat", port: "out" }, to: { node: "model", port: "in" }, kind: "control" },
    data("e2", ["model", "text"], ["answer", "value"]),
  ],
  layout: { nodes: { chat: { x: 0, y: 0 }, model: { x: 320, y: 0 }, answer: { x: 640, y: 0 } } },
};

test("the draft is talked to: what streams stands in the panel and in the node, then the answer and its costs", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Talk", chat);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "model")).toBeVisible();
  // The events of the run come in two parts, so that what stands there in between can be looked at.
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  await page.route("**/api/v1/executions/*/events**", async (route) => {
    const whole = await (await route.fetch()).text();
    const events = whole.split("\n\n");
    const last = events.findLastIndex((event) => event.includes("node:streamed"));
    const isFirst = route.request().url().endsWith("after=0");
    if (isFirst && last >= 0) {
      await route.fulfill({ contentType: "text/event-stream", body: `${events.slice(0, last + 1).join("\n\n")}\n\n` });
      return;
    }
    await held;
    await route.fulfill({ contentType: "text/event-stream", body: whole });
  });
  await page.route("**/api/v1/executions/*", async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const panel = page.getByRole("region", { name: "Test", exact: true });
  const log = panel.getByRole("log", { name: "Conversation" });
  await expect(log).toContainText("Ask me.");
  await expect(panel.getByRole("textbox", { name: "Message" })).toBeFocused();
  await panel.getByRole("button", { name: "What is tea?" }).click();
  await expect(log.locator("[aria-busy]")).toContainText("Tea is a drink");
  await expect(node(page, "model")).toContainText("Tea is a drink");
  release();
  await expect(panel.getByRole("status")).toContainText(/Completed.*tokens/);
  await expect(log.locator("[aria-busy]")).toHaveCount(0);
  await expect(log).toContainText("Tea is a drink");
  await expectAccessible(page);
  await page.unrouteAll();

  // The second message carries the first two.
  await panel.getByRole("textbox", { name: "Message" }).fill("And coffee?");
  await page.keyboard.press("Enter");
  await expect(log.getByText("Flow", { exact: true })).toHaveCount(3);
  const runs = (await (await program.api("GET", `/api/v1/executions?workflow_id=${id}`)).json()) as {
    data: { input: { messages: unknown[] } }[];
  };
  expect(runs.data[0]?.input.messages).toHaveLength(2);
  await panel.getByRole("button", { name: "New conversation" }).click();
  await expect(panel.getByRole("button", { name: "What is tea?" })).toBeVisible();

  // From a node that called a model to its request in the gateway.
  await node(page, "model").click({ position: { x: 110, y: 14 } });
  await page.getByRole("tab", { name: "Result" }).click();
  await page.getByRole("link", { name: "Open the request in the gateway" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("Request");
  await expect(page.getByText("builtin/extract").first()).toBeVisible();
});

test("a failed run says why, what helps, and runs again with the same input", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Fails", {
    nodes: [
      { id: "start", type: "input.manual", settings: { fields: [{ name: "who" }] } },
      { id: "model", type: "ai.text", settings: { model: "openai/gpt-nobody-has", prompt: "Hello {{ input.who }}" } },
    ],
    edges: [{ id: "e1", from: { node: "start", port: "out" }, to: { node: "model", port: "in" }, kind: "control" }],
    layout: { nodes: { start: { x: 0, y: 0 }, model: { x: 320, y: 0 } } },
  });
  await page.goto(`/flows/${id}`);
  await expect(node(page, "model")).toBeVisible();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await panel.getByRole("textbox", { name: "who" }).fill("Ada");
  await panel.getByRole("button", { name: "Run", exact: true }).click();
  await expect(panel.getByRole("status")).toContainText("Failed");
  await expect(panel.getByRole("alert")).toContainText("What helps");
  await expectAccessible(page);
  await panel.getByRole("button", { name: "Run again with this input" }).click();
  await expect
    .poll(async () => {
      const answer = await program.api("GET", `/api/v1/executions?workflow_id=${id}`);
      const { data } = (await answer.json()) as { data: { input: { who?: string } }[] };
      return data.map(({ input }) => input.who);
    })
    .toEqual(["Ada", "Ada"]);
  // A past run lends its input to a new test.
  const answer = await program.api("GET", `/api/v1/executions?workflow_id=${id}`);
  const { data } = (await answer.json()) as { data: { id: string }[] };
  await page.goto(`/flows/${id}?run=${data[0]?.id}`);
  await page.getByRole("button", { name: "Test the draft with this input" }).click();
  await expect(panel.getByRole("textbox", { name: "who" })).toHaveValue("Ada");
});

test("the draft is tested on a phone", async ({ browser, signedIn, program }) => {
  const { id } = await makeFlow(program, "Pocket", chat);
  const context = await browser.newContext({
    baseURL: program.url,
    storageState: signedIn,
    viewport: { width: 390, height: 800 },
    serviceWorkers: "block",
  });
  const page = await context.newPage();
  await page.goto(`/flows/${id}?test=1`);
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await panel.getByRole("textbox", { name: "Message" }).fill("What is coffee?");
  await panel.getByRole("button", { name: "Send" }).click();
  await expect(panel.getByRole("status")).toContainText("Completed");
  await expect(panel.getByRole("log")).toContainText("Coffee");
  await expectAccessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await context.close();
});
