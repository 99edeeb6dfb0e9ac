import { type Graph, makeFlow, node } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

/** A red dot of one pixel. */
const dot = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==",
  "base64",
);
const photo = { name: "dot.png", mimeType: "image/png", buffer: dot };

const edge = (id: string, from: [string, string], to: [string, string], kind = "control") => ({
  id,
  from: { node: from[0], port: from[1] },
  to: { node: to[0], port: to[1] },
  kind,
});

/** A picture goes out as it came in, and a way that is never taken. */
const album: Graph = {
  nodes: [
    { id: "start", type: "input.manual", settings: { fields: [{ name: "photo", type: "image", required: true }] } },
    { id: "answer", type: "output.return", settings: {} },
    { id: "ask", type: "logic.if", settings: { conditions: [{ left: 1, operator: "greater", right: 2 }] } },
    { id: "never", type: "data.template", settings: { template: "x" } },
  ],
  edges: [
    edge("e1", ["start", "photo"], ["answer", "value"], "data"),
    edge("e2", ["start", "out"], ["ask", "in"]),
    edge("e3", ["ask", "then"], ["never", "in"]),
    edge("e4", ["ask", "else"], ["answer", "in"]),
  ],
  layout: { nodes: { start: { x: 0, y: 0 }, answer: { x: 320, y: 0 }, ask: { x: 320, y: 180 }, never: { x: 640, y: 180 } } },
};

test("a flow is tested with a picture, which is seen in the answer and at each node", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Album", album);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "answer")).toBeVisible();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  const panel = page.getByRole("region", { name: "Test", exact: true });
  const run = panel.getByRole("button", { name: "Run", exact: true });
  await run.click();
  await expect(panel.getByText("This is needed.")).toBeVisible();
  await panel.locator("input[type=file]").setInputFiles(photo);
  await expect(panel.getByText("dot.png").first()).toBeVisible();
  await run.click();
  await expect(panel.getByRole("status")).toContainText("Completed");
  const picture = panel.getByRole("img", { name: "dot.png" });
  await expect(picture).toBeVisible();
  await expect.poll(() => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1);
  await expectAccessible(page);
  const download = page.waitForEvent("download");
  await panel.getByRole("link", { name: "Download dot.png" }).click();
  expect((await download).suggestedFilename()).toBe("dot.png");
  await page.screenshot({ path: test.info().outputPath("picture.png") });
  await panel.getByRole("button", { name: "Close the test" }).click();

  await node(page, "start").click({ position: { x: 110, y: 14 } });
  await page.getByRole("tab", { name: "Result" }).click();
  const properties = page.getByRole("region", { name: "Properties" });
  await expect(properties.getByRole("img", { name: "dot.png" }).first()).toBeVisible();

  // A node that was passed over says why, and leads to where that was decided.
  await node(page, "never").click({ position: { x: 110, y: 14 } });
  await expect(properties).toContainText("“If” went another way: nothing came out of “Then”.");
  await page.screenshot({ path: test.info().outputPath("passed-over.png") });
  await expectAccessible(page);
  await properties.getByRole("button", { name: "Show “If”" }).click();
  await expect(node(page, "ask")).toHaveClass(/selected/);

  // The file is there in the frozen run, too.
  const answer = await program.api("GET", `/api/v1/executions?workflow_id=${id}`);
  const { data } = (await answer.json()) as { data: { id: string }[] };
  await page.goto(`/flows/${id}?run=${data[0]?.id}`);
  await expect(page.getByRole("region", { name: "The run" }).getByRole("img", { name: "dot.png" })).toBeVisible();
});

test("a message to a chat brings files along", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Chat with files", {
    nodes: [
      { id: "chat", type: "input.chat", settings: { allow_files: true } },
      { id: "answer", type: "output.return", settings: {} },
    ],
    edges: [edge("e1", ["chat", "files"], ["answer", "value"], "data")],
    layout: { nodes: { chat: { x: 0, y: 0 }, answer: { x: 320, y: 0 } } },
  });
  await page.goto(`/flows/${id}?test=1`);
  const panel = page.getByRole("region", { name: "Test", exact: true });
  await panel.locator("input[type=file]").setInputFiles([photo, { ...photo, name: "other.png" }]);
  await panel.getByRole("button", { name: "Leave other.png out" }).click();
  await panel.getByRole("textbox", { name: "Message" }).fill("What is this?");
  await page.keyboard.press("Enter");
  await expect(panel.getByRole("status")).toContainText("Completed");
  const log = panel.getByRole("log", { name: "Conversation" });
  await expect(log.getByRole("img", { name: "dot.png" })).toBeVisible();
  await expect(log).not.toContainText("other.png");
  await expectAccessible(page);
  await page.screenshot({ path: test.info().outputPath("chat.png") });
});
