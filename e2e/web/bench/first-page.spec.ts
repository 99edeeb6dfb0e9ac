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
      await page.goto(path, { waitUntil: "commit" });
      // Asked in each frame, by the page's own clock, which starts with the request.
      const isThere = (at: string) =>
        (at === "/"
          ? document.querySelector("main h1")?.textContent?.startsWith("Welcome")
          : document.querySelector("input[type=email], input[name=email]")) && performance.now();
      const seenAt = await page.waitForFunction(isThere, path);
      seen.push(Number(await seenAt.jsonValue()));
      await context.close();
    }
  }
  for (const [path, seen] of Object.entries(times)) {
    seen.sort((a, b) => a - b);
    console.log(`${path}: median ${seen[2]?.toFixed(0)} ms, slowest ${seen[4]?.toFixed(0)} ms`);
  }
});
