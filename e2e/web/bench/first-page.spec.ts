import { expect, test } from "../support/test.ts";

/** How long a browser that was never here needs until the first page takes what is typed. */
test("first page", async ({ browser, program, signedIn }) => {
  expect(signedIn).toBeTruthy();
  const times: Record<string, number[]> = { "/login": [], "/": [] };
  for (let round = 0; round < 5; round++) {
    for (const [path, seen] of Object.entries(times)) {
      const storageState = path === "/" ? signedIn : undefined;
      const context = await browser.newContext({ baseURL: program.url, storageState, serviceWorkers: "block" });
      const page = await context.newPage();
      const began = performance.now();
      await page.goto(path, { waitUntil: "commit" });
      if (path === "/") await page.getByRole("heading", { level: 1, name: /^Welcome/ }).waitFor();
      else await page.getByLabel("Email").fill("a");
      seen.push(performance.now() - began);
      await context.close();
    }
  }
  for (const [path, seen] of Object.entries(times)) {
    seen.sort((a, b) => a - b);
    console.log(`${path}: median ${seen[2]?.toFixed(0)} ms, slowest ${seen[4]?.toFixed(0)} ms`);
  }
});
