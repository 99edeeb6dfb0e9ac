import { defineConfig } from "@playwright/test";
import base from "./playwright.config.ts";

/** `npx playwright test --config bench.config.ts`: measures, and promises nothing. */
export default defineConfig({ ...base, use: { ...base.use, trace: "off", screenshot: "off" }, testDir: "bench", workers: 1, timeout: 300_000 });
