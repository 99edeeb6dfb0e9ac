import { csrfFetch, requestTo } from "./csrf";

let underWay: Promise<boolean> | null = null;

/** Renews the session; false when it has ended. Requests that fail together share one renewal. */
export function refresh(): Promise<boolean> {
  underWay ??= renew().finally(() => {
    underWay = null;
  });
  return underWay;
}

const renewedAt = "session-renewed-at";

/**
 * One tab at a time: a refresh token works once, and one that comes twice ends the session. Who waited
 * for another tab's renewal has its cookies already.
 */
async function renew(): Promise<boolean> {
  const began = Date.now();
  const once = async () => {
    if (Number(localStorage.getItem(renewedAt)) >= began) return true;
    const response = await csrfFetch(requestTo("/api/v1/auth/refresh", { method: "POST" }));
    // 409: another tab was faster by a moment, and its cookies are ours too.
    const renewed = response.ok || response.status === 409;
    if (renewed) localStorage.setItem(renewedAt, String(Date.now()));
    return renewed;
  };
  // Locks exist in secure contexts only: not on a plain http address in a local network.
  return navigator.locks ? navigator.locks.request("session-renewal", once) : once();
}

type Listener = (signedIn: (again: boolean) => void) => void;

let listener: Listener | null = null;
let asking: Promise<boolean> | null = null;

/** Who asks the person to sign in again; it calls back with whether they did. */
export function onExpiry(ask: Listener): () => void {
  listener = ask;
  return () => {
    listener = null;
  };
}

/** Waits until the person has signed in again; false where nobody can ask or they gave up. */
export function expired(): Promise<boolean> {
  const ask = listener;
  if (!ask) return Promise.resolve(false);
  asking ??= new Promise<boolean>((resolve) => ask(resolve)).finally(() => {
    asking = null;
  });
  return asking;
}
