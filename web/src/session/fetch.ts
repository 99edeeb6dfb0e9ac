import { csrfFetch, requestTo } from "./csrf";
import { expired, refresh } from "./renewal";

/**
 * `fetch` as the person who is signed in. When the session has run out, it is renewed in place; when
 * that fails, the person signs in again in a dialog above the page, and the request goes on. Nothing
 * that was typed is lost.
 */
export async function sessionFetch(input: Request | URL | string, init?: RequestInit): Promise<Response> {
  const request = requestTo(input, init);
  const response = await csrfFetch(request.clone());
  if (response.status !== 401 || isAuth(request.url)) return response;
  if (!(await refresh()) && !(await expired())) return response;
  return csrfFetch(request);
}

/** There a 401 is about a password or the session's end itself: no reason to sign in again. */
function isAuth(url: string): boolean {
  const { pathname } = new URL(url, location.origin);
  return /^\/api\/v1\/auth\/(login|refresh|logout)/.test(pathname);
}
