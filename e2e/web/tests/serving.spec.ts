import { request as httpRequest } from "node:http";
import { expect, test } from "../support/test.ts";

/** Bytes on the wire: `fetch` would unpack them. */
function packedSize(url: string, encoding: string): Promise<{ size: number; encoding: string | undefined }> {
  return new Promise((resolve, reject) => {
    const call = httpRequest(url, { headers: { "accept-encoding": encoding } }, (response) => {
      let size = 0;
      response.on("data", (data: Buffer) => {
        size += data.length;
      });
      response.on("end", () => resolve({ size, encoding: response.headers["content-encoding"] }));
    });
    call.once("error", reject);
    call.end();
  });
}

for (const [name, path] of [
  ["the page of a guest", "/login"],
  ["the first page of the owner", "/"],
] as const) {
  test(`${name} loads at most 250 KB of packed script`, async ({ page, guest, program }) => {
    const visitor = path === "/" ? page : guest;
    const scripts = new Set<string>();
    visitor.on("request", (request) => {
      if (request.resourceType() === "script") scripts.add(request.url());
    });
    await visitor.goto(program.url + path);
    await visitor.waitForLoadState("networkidle");
    await expect(visitor.getByRole("heading", { level: 1 })).toBeVisible();
    let sum = 0;
    for (const url of scripts) sum += (await packedSize(url, "gzip")).size;
    expect(scripts.size).toBeGreaterThan(1);
    expect(sum / 1000).toBeLessThan(250);
  });
}

test("the content security policy allows no inline script and nothing breaks it", async ({ page }) => {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  const response = await page.goto("/");
  const policy = response?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("script-src 'self';");
  for (const path of ["/playground", "/keys", "/profile"]) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
  }
  expect(complaints).toEqual([]);
});

test("files are packed, hashed ones are kept for ever, and nothing is sent twice", async ({ program }) => {
  const page = await fetch(`${program.url}/`, { headers: { accept: "text/html" } });
  const html = await page.text();
  expect(page.headers.get("cache-control")).toBe("no-cache");
  const script = html.match(/\/assets\/index-[\w-]+\.js/)?.[0] ?? "";
  expect((await packedSize(program.url + script, "br")).encoding).toBe("br");
  const file = await fetch(program.url + script);
  expect(file.headers.get("cache-control")).toContain("immutable");
  const again = await fetch(program.url, {
    headers: { accept: "text/html", "if-none-match": page.headers.get("etag") ?? "" },
  });
  expect(again.status).toBe(304);
});

test("unknown addresses of the API are not the app", async ({ program }) => {
  for (const path of ["/api/v1/nothing", "/v1/nothing"]) {
    const answer = await fetch(program.url + path, { headers: { accept: "text/html" } });
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toContain("json");
  }
});
