import base from "./playwright.config.ts";

/** Draws the pictures of the README: `e2e/run pictures`. */
export default { ...base, testDir: "pictures", outputDir: "results-pictures", workers: 1, timeout: 240_000 };
