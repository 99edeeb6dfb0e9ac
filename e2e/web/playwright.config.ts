import { defineConfig } from "@playwright/test";
import { browserPath } from "./support/browser.ts";

export default defineConfig({
  testDir: "tests",
  outputDir: "results",
  fullyParallel: true,
  // The program and the browser share two cores with everything else.
  workers: 2,
  timeout: 120_000,
  expect: { timeout: 10_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: "list",
  use: {
    locale: "en-US",
    colorScheme: "light",
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    // A service worker would answer from its cache what a test wants from the server.
    serviceWorkers: "block",
    launchOptions: {
      executablePath: browserPath(),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
