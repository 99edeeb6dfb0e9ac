const csrfHeader = "x-nab-csrf";

/** The value of a cookie that scripts may read. */
function cookie(name: string): string | undefined {
  const pairs = document.cookie.split("; ").map((pair) => pair.split("="));
  return pairs.find(([found]) => found === name)?.[1];
}

/** A request to this server. */
export function requestTo(input: Request | URL | string, init?: RequestInit): Request {
  return new Request(typeof input === "string" ? new URL(input, location.origin) : input, init);
}

/** `fetch` with the header that proves the request comes from a page of ours. */
export function csrfFetch(request: Request): Promise<Response> {
  const token = cookie("nab_csrf");
  const headers = new Headers(request.headers);
  if (token) headers.set(csrfHeader, decodeURIComponent(token));
  return fetch(new Request(request, { headers, credentials: "same-origin" }));
}
