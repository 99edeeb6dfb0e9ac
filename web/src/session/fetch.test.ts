import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sessionFetch } from "./fetch";
import { onExpiry } from "./renewal";

/** Answers calls in turn; remembers what was asked. */
function script(...answers: [string, number][]) {
  const asked: { path: string; csrf: string | null; text: string }[] = [];
  const left = [...answers];
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    asked.push({ path: pathname, csrf: request.headers.get("x-nab-csrf"), text: await request.text() });
    const [path, status] = left.shift() ?? ["nothing more", 500];
    expect(pathname).toBe(path);
    return new Response("{}", { status });
  });
  return asked;
}

beforeEach(() => {
  localStorage.clear();
  // biome-ignore lint/suspicious/noDocumentCookie: that is where the server puts it
  document.cookie = "nab_csrf=token-1";
});
afterEach(() => vi.unstubAllGlobals());

const save = () =>
  sessionFetch(new URL("/api/v1/keys", location.origin), { method: "POST", body: '{"name":"typed"}' });

test("each request carries the token of the cookie", async () => {
  const asked = script(["/api/v1/keys", 201]);
  await save();
  expect(asked[0]?.csrf).toBe("token-1");
});

test("an expired session is renewed and the same body sent again", async () => {
  const asked = script(["/api/v1/keys", 401], ["/api/v1/auth/refresh", 200], ["/api/v1/keys", 201]);
  expect((await save()).status).toBe(201);
  expect(asked[2]?.text).toBe('{"name":"typed"}');
});

test("requests that fail together share one renewal", async () => {
  const paths: string[] = [];
  let renewed = false;
  vi.stubGlobal("fetch", async (request: Request) => {
    const { pathname } = new URL(request.url);
    paths.push(pathname);
    if (pathname.endsWith("/refresh")) renewed = true;
    return new Response("{}", { status: renewed ? 200 : 401 });
  });
  const answers = await Promise.all([save(), save(), save()]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(paths.filter((path) => path.endsWith("/refresh"))).toHaveLength(1);
});

test("a session that cannot be renewed asks the person, then goes on with what was typed", async () => {
  const asked = script(["/api/v1/keys", 401], ["/api/v1/auth/refresh", 401], ["/api/v1/keys", 201]);
  const stop = onExpiry((reply) => reply(true));
  expect((await save()).status).toBe(201);
  expect(asked[2]?.text).toBe('{"name":"typed"}');
  stop();
});

test("without anybody to ask, the refusal is passed on", async () => {
  script(["/api/v1/keys", 401], ["/api/v1/auth/refresh", 401]);
  expect((await save()).status).toBe(401);
});

test("a wrong password is no expired session", async () => {
  script(["/api/v1/auth/login", 401]);
  const answer = await sessionFetch(new URL("/api/v1/auth/login", location.origin), { method: "POST" });
  expect(answer.status).toBe(401);
});
