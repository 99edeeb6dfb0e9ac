import { type Graph, makeFlow, node } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

/** Chat or API endpoint -> built-in model -> answer. */
const graph: Graph = {
  nodes: [
    { id: "chat", type: "input.chat", settings: {} },
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

test("a published flow is called as a model, by the lines that stand beside it, until it is switched off", async ({
  page,
  program,
}) => {
  const { id } = await makeFlow(program, "Tea bot", graph);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "model")).toBeVisible();
  const open = async () => {
    await page.getByRole("button", { name: "More" }).click();
    await page.getByRole("menuitem", { name: "Call this flow" }).click();
  };
  await open();
  const drawer = page.getByRole("dialog", { name: "Call this flow" });
  await expect(drawer).toContainText("Publish the flow first");
  await drawer.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("button", { name: "Publish version 1" }).click();
  await expect(page.getByText("Version 1 is live").first()).toBeVisible();

  await open();
  await expect(drawer.getByText("flow/tea-bot").first()).toBeVisible();
  await expect(drawer.getByRole("region", { name: "curl" })).toContainText("/v1/chat/completions");
  await expectAccessible(page);
  const call = () =>
    page.request.post(`${program.url}/v1/chat/completions`, {
      headers: { authorization: `Bearer ${program.apiKey}` },
      data: { model: "flow/tea-bot", messages: [{ role: "user", content: "What is tea?" }] },
    });
  const answer = await call();
  expect(answer.status(), await answer.text()).toBe(200);
  expect((await answer.json()).choices[0].message.content).toContain("Tea is a drink");

  await drawer.getByRole("switch", { name: "Version 1 can be called" }).click();
  await expect(drawer.getByRole("switch", { name: /can be called/ })).not.toBeChecked();
  await expect.poll(async () => (await call()).status()).toBe(404);
});

/** API endpoint -> text -> answer. */
const greeting: Graph = {
  nodes: [
    {
      id: "call",
      type: "input.api",
      settings: { fields: [{ name: "who", type: "string", required: true }] },
    },
    { id: "text", type: "data.template", settings: { template: "Hello, {{ input.who }}!" } },
    { id: "answer", type: "output.return", settings: {} },
  ],
  edges: [
    { id: "e1", from: { node: "call", port: "out" }, to: { node: "text", port: "in" }, kind: "control" },
    { id: "e2", from: { node: "text", port: "text" }, to: { node: "answer", port: "value" }, kind: "data" },
  ],
  layout: { nodes: { call: { x: 0, y: 0 }, text: { x: 320, y: 0 }, answer: { x: 640, y: 0 } } },
};

test("a published flow becomes a tool of MCP clients by one switch, and stops being one by it", async ({
  page,
  program,
}) => {
  const { id } = await makeFlow(program, "Greeter", greeting);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "text")).toBeVisible();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Call this flow" }).click();
  const drawer = page.getByRole("dialog", { name: "Call this flow" });
  await drawer.getByRole("button", { name: "Publish" }).click();
  await page.getByRole("button", { name: "Publish version 1" }).click();
  await expect(page.getByText("Version 1 is live").first()).toBeVisible();
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Call this flow" }).click();

  const tools = async () => {
    const answer = await page.request.post(`${program.url}/api/v1/mcp`, {
      headers: {
        authorization: `Bearer ${program.apiKey}`,
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
      },
      data: { jsonrpc: "2.0", id: 1, method: "tools/list" },
    });
    expect(answer.status(), await answer.text()).toBe(200);
    const line = (await answer.text()).split("\n").find((one) => one.startsWith("data: {")) ?? "";
    return JSON.parse(line.slice(6)).result.tools as { name: string; description: string }[];
  };
  const part = drawer.getByRole("region", { name: "As a tool (MCP)" });
  expect(await tools()).toEqual([]);
  await part.getByRole("switch").click();
  await expect(part.getByRole("switch")).toBeChecked();
  await expect(part.getByRole("region", { name: "For the client's configuration" })).toContainText(
    `${program.url}/api/v1/mcp`,
  );
  await part.getByLabel("What models are told of it").fill("Greets whoever is named.");
  await part.getByRole("button", { name: "Save" }).click();
  await expect(part.getByRole("button", { name: "Save" })).toBeHidden();
  await expect
    .poll(async () => (await tools()).map(({ name, description }) => [name, description]))
    .toEqual([["greeter", "Greets whoever is named."]]);
  await expectAccessible(page);
  await part.scrollIntoViewIfNeeded();
  await page.screenshot({ path: test.info().outputPath("tool.png") });

  await part.getByRole("switch").click();
  await expect(part.getByRole("switch")).not.toBeChecked();
  expect(await tools()).toEqual([]);
});
