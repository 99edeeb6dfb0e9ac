import { existsSync } from "node:fs";

const places = [
  process.env.CHROMIUM,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser of this machine: none is downloaded. */
export function browserPath(): string {
  const found = places.find((place) => place && existsSync(place));
  if (!found) throw new Error("no Chromium found: install it (apt-get install chromium), or name it in CHROMIUM");
  return found;
}
