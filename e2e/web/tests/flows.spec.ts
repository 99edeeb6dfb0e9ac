import { draw, expectSaved, greeting, makeFlow, node, stored } from "../support/flow.ts";
import { expect, expectAccessible, test } from "../support/test.ts";

test("a project is made, and in it a flow is built with the mouse, run and published", async ({ page, program }) => {
  await page.goto("/projects");
  await page.getByRole("button", { name: "New project" }).click();
  const dialog = page.getByRole("dialog", { name: "New project" });
  await dialog.getByLabel("Name").fill("Support");
  await dialog.getByRole("button", { name: "New project" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Support");
  await page.getByRole("button", { name: "New flow" }).click();
  const flowDialog = page.getByRole("dialog", { name: "New flow" });
  await flowDialog.getByLabel("Name").fill("Greeting");
  await flowDialog.getByRole("button", { name: "New flow" }).click();
  await expect(page.getByText("What shall happen?")).toBeVisible();
  await expectAccessible(page);
  const id = page.url().split("/").pop() ?? "";

  // Out of the palette, by dragging.
  const canvas = page.getByTestId("canvas");
  const palette = page.getByRole("region", { name: "Nodes" });
  await palette.getByRole("button", { name: "Manual" }).dragTo(canvas, { targetPosition: { x: 160, y: 120 } });
  await expect(node(page, "manual")).toBeVisible();
  await page.getByRole("button", { name: "Close the properties" }).click();
  // An edge that ends nowhere asks what shall come.
  const box = await canvas.boundingBox();
  await draw(page, ["manual", "out"], { x: (box?.x ?? 0) + 480, y: (box?.y ?? 0) + 220 });
  const picker = page.getByRole("dialog", { name: "Add a node" });
  await picker.getByRole("combobox").fill("template");
  await picker.getByRole("option", { name: /Template text/ }).click();
  await expect(node(page, "template")).toBeVisible();
  await page.getByRole("textbox", { name: "Template", exact: true }).fill("Hello {{ input.who }}");
  await page.getByRole("button", { name: "Close the properties" }).click();
  // By a click in the palette, and an edge drawn between two ports.
  await palette.getByRole("button", { name: "Return value" }).click();
  await expect(node(page, "return")).toBeVisible();
  await page.getByRole("button", { name: "Close the properties" }).click();
  await page.getByRole("button", { name: "Fit to the window" }).click();
  await draw(page, ["template", "text"], ["return", "value"]);
  await expect(page.locator(".react-flow__edge")).toHaveCount(2);
  await expectSaved(page);
  await expect
    .poll(async () => (await stored(program, id)).edges.map(({ from, to }) => `${from.node}.${from.port}-${to.node}.${to.port}`))
    .toEqual(["manual.out-template.in", "template.text-return.value"]);

  await page.getByRole("button", { name: "Run", exact: true }).click();
  const test = page.getByRole("region", { name: "Test", exact: true });
  await test.getByRole("textbox", { name: "Input" }).fill('{"who": "Ada"}');
  await test.getByRole("button", { name: "Run", exact: true }).click();
  await expect(test.getByRole("status")).toContainText("Completed");
  await expect(test).toContainText("Hello Ada");
  await expectAccessible(page);
  await test.getByRole("button", { name: "Close the test" }).click();
  await expect(page.getByRole("region", { name: "The run" })).toContainText("Hello Ada");
  await expect(node(page, "template").getByRole("img", { name: "Done" })).toBeVisible();
  await node(page, "template").click({ position: { x: 110, y: 14 } });
  await page.getByRole("tab", { name: "Result" }).click();
  await expect(page.getByRole("region", { name: "Properties" })).toContainText("Hello Ada");
  await expectAccessible(page);

  await page.getByRole("button", { name: "Publish" }).click();
  const publish = page.getByRole("dialog", { name: "Publish" });
  await publish.getByLabel("What is new").fill("Says hello");
  await publish.getByRole("button", { name: "Publish version 1" }).click();
  await expect(page.getByText("Live, version 1")).toBeVisible();
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: "Versions" }).click();
  await expect(page.getByRole("dialog", { name: "Versions" })).toContainText("Says hello");
  await expectAccessible(page);
});

test("a flow is built, connected, run and published by the keyboard alone", async ({ page, program }) => {
  const { id } = await makeFlow(program, "By keyboard", { nodes: [], edges: [] });
  await page.goto(`/flows/${id}`);
  await expect(page.getByText("What shall happen?")).toBeVisible();
  const pick = async (word: string) => {
    await page.keyboard.press("n");
    await expect(page.getByRole("dialog", { name: "Add a node" }).getByRole("combobox")).toBeFocused();
    await page.keyboard.type(word);
    await page.keyboard.press("Enter");
    await expect(page.getByRole("dialog", { name: "Add a node" })).toHaveCount(0);
  };
  await pick("manual");
  await expect(node(page, "manual")).toBeFocused();
  await pick("template");
  await expect(node(page, "template")).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.type("Hi {{ input.w");
  await page.keyboard.type("ho }}");
  await page.getByRole("button", { name: "Close the properties" }).press("Enter");
  await page.keyboard.press("o");
  const outline = page.getByRole("region", { name: "Outline of the flow" });
  await outline.locator("[data-id=template]").press("Enter");
  await pick("return");
  await expect(outline.locator("[data-id=return]")).toBeVisible();
  await expectSaved(page);
  await expect.poll(async () => (await stored(program, id)).edges.length).toBe(2);
  await expectAccessible(page);

  await page.keyboard.press("Control+Enter");
  const test = page.getByRole("region", { name: "Test", exact: true });
  await expect(test.getByRole("textbox", { name: "Input" })).toBeFocused();
  await page.keyboard.press("Control+a");
  await page.keyboard.type('{"who": "Grace"}');
  await page.keyboard.press("Control+Enter");
  await expect(test).toContainText("Hi Grace");
  await outline.locator("[data-id=return]").focus();
  await page.keyboard.press("Shift+P");
  await expect(page.getByRole("dialog", { name: "Publish" }).getByLabel("What is new")).toBeFocused();
  await page.getByRole("button", { name: "Publish version 1" }).press("Enter");
  await expect(page.getByText("Live, version 1")).toBeVisible();
});

test("what is typed while the text editor is still loaded goes on in it", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Slow network", greeting);
  await page.route(/\/assets\/editor-[^/]*\.js$/, async (route) => {
    await new Promise((go) => setTimeout(go, 3_000));
    await route.continue();
  });
  await page.goto(`/flows/${id}`);
  await node(page, "text").focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+a");
  await page.keyboard.type("Good morning, {{ input.who }}: nothing is lost", { delay: 130 });
  await expect(page.locator(".cm-focused")).toBeVisible();
  const template = async () => (await stored(program, id)).nodes.find((one) => one.id === "text")?.settings?.template;
  await expect.poll(template).toMatch(/^Good morning, \{\{ input\.who *\}\}.*: nothing is lost$/);
});

test("everything can be undone and redone, and the history goes to any state", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Undo storm", greeting);
  await page.goto(`/flows/${id}`);
  await node(page, "text").click({ position: { x: 110, y: 14 } });
  const before = await stored(program, id);
  for (let round = 0; round < 5; round += 1) await page.keyboard.press("Control+d");
  await expect(page.locator(".react-flow__node")).toHaveCount(8);
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Shift+L");
  await page.keyboard.press("d");
  await page.keyboard.press("Delete");
  await expect(page.locator(".react-flow__node")).toHaveCount(0);
  for (let step = 0; step < 12; step += 1) await page.keyboard.press("Control+z");
  await expect(page.locator(".react-flow__node")).toHaveCount(3);
  await expectSaved(page);
  await expect.poll(async () => (await stored(program, id)).nodes).toEqual(before.nodes);
  expect((await stored(program, id)).layout).toEqual(before.layout);
  for (let step = 0; step < 12; step += 1) await page.keyboard.press("Control+Shift+z");
  await expect(page.locator(".react-flow__node")).toHaveCount(0);
  await page.getByRole("button", { name: "History" }).click();
  await page.getByRole("dialog", { name: "History" }).getByRole("button", { name: "Opened" }).click();
  await page.keyboard.press("Escape");
  await expect(page.locator(".react-flow__node")).toHaveCount(3);
});

test("two tabs do not overwrite each other: both states are shown, and one is chosen", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Conflict", greeting);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "text")).toBeVisible();
  const { revision } = await stored(program, id);
  const theirs = { ...greeting, nodes: greeting.nodes.slice(0, 2), edges: greeting.edges?.slice(0, 1) };
  expect((await program.api("PUT", `/api/v1/workflows/${id}`, { revision, graph: theirs })).status).toBe(200);
  await node(page, "start").click({ position: { x: 110, y: 14 } });
  await page.getByRole("textbox", { name: "Name", exact: true }).first().fill("Mine");
  const conflict = page.getByRole("dialog", { name: "Somebody else has changed this flow" });
  await expect(conflict).toContainText("3 nodes, 2 edges");
  await expect(conflict).toContainText("2 nodes, 1 edges");
  await expectAccessible(page);
  expect((await stored(program, id)).nodes).toHaveLength(2);
  await conflict.getByRole("button", { name: "Keep mine" }).click();
  await expect.poll(async () => (await stored(program, id)).nodes.length).toBe(3);
});

test("work survives a tab that is killed while the server is away", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Killed tab", greeting);
  await page.goto(`/flows/${id}`);
  await expect(node(page, "text")).toBeVisible();
  await page.route(`**/api/v1/workflows/${id}`, (route) =>
    route.request().method() === "PUT" ? route.abort() : route.continue(),
  );
  await node(page, "start").click({ position: { x: 110, y: 14 } });
  await page.getByRole("textbox", { name: "Name", exact: true }).first().fill("Kept");
  await expect(page.getByText(/^Offline/)).toBeVisible();
  expect(JSON.stringify(await stored(program, id))).not.toContain("Kept");
  const again = await page.context().newPage();
  await page.close();
  await again.goto(`/flows/${id}`);
  await expect(node(again, "start")).toContainText("Kept");
  await expect.poll(async () => JSON.stringify(await stored(program, id))).toContain("Kept");
});

test("edges that cannot be are refused with the reason", async ({ page, program }) => {
  const { id } = await makeFlow(program, "Refused", {
    ...greeting,
    edges: [...(greeting.edges ?? []), { id: "e3", from: { node: "text", port: "out" }, to: { node: "answer", port: "in" }, kind: "control" }],
  });
  await page.goto(`/flows/${id}`);
  await expect(node(page, "answer")).toBeVisible();
  await draw(page, ["answer", "value"], ["text", "value"]);
  await expect(page.getByRole("alert")).toContainText("would lead back");
  expect((await stored(program, id)).edges).toHaveLength(3);
});

test("a project goes out as a file and comes back as another", async ({ page, program }) => {
  const { project } = await makeFlow(program, "Round trip", greeting);
  await page.goto("/projects");
  await page.getByRole("button", { name: "More for Project of Round trip" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("menuitem", { name: "Export" }).click();
  const path = await (await download).path();
  await page.getByRole("button", { name: "Import" }).click();
  const dialog = page.getByRole("dialog", { name: "Import a project" });
  await dialog.locator("input[type=file]").setInputFiles(path);
  await dialog.getByRole("button", { name: "Import" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Project of Round trip");
  expect(page.url()).not.toContain(project);
  await page.getByRole("link", { name: "Open Round trip" }).click();
  await expect(node(page, "text")).toBeVisible();
});

test("questions are answered on a phone, and a past run is seen as it was", async ({ browser, signedIn, program }) => {
  const graph = {
    nodes: [
      { id: "start", type: "input.manual", settings: {} },
      { id: "ask", type: "logic.approval", settings: { message: "Send **it**?" } },
    ],
    edges: [{ id: "e1", from: { node: "start", port: "out" }, to: { node: "ask", port: "in" }, kind: "control" }],
  };
  const { id } = await makeFlow(program, "Approval", graph);
  const started = await program.api("POST", `/api/v1/workflows/${id}/execute`, { draft: true, mode: "async", input: {} });
  expect(started.status).toBe(202);
  const context = await browser.newContext({
    baseURL: program.url,
    storageState: signedIn,
    viewport: { width: 390, height: 800 },
    serviceWorkers: "block",
  });
  const page = await context.newPage();
  await page.goto("/approvals");
  const question = page.getByRole("region", { name: "A question to you" });
  await expect(question).toContainText("Send it?");
  await expectAccessible(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
  await question.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("Nobody waits for you")).toBeVisible();
  await page.goto("/runs");
  await expect(page.getByRole("row", { name: /Approval/ }).first()).toContainText("Completed");
  await page.getByRole("button", { name: "Open the run of Approval" }).first().click();
  await expect(page.getByText(/^Run of .*drawn as the draft is now/)).toBeVisible();
  await expect(node(page, "ask").getByRole("img", { name: "Done" })).toBeVisible();
  await expectAccessible(page);
  await context.close();
});
