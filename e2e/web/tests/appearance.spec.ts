import { expect, expectAccessible, test } from "../support/test.ts";

const inside = [
  "/",
  "/welcome",
  "/projects",
  "/templates",
  "/runs",
  "/approvals",
  "/documents",
  "/documents?dialog=new",
  "/documents/unknown",
  "/documents/unknown/unknown",
  "/ask",
  "/playground",
  "/models",
  "/models?model=builtin/echo",
  "/models?view=routes",
  "/models?view=providers",
  "/models?view=providers&open=openai",
  "/keys",
  "/keys?dialog=new",
  "/usage",
  "/usage?view=requests",
  "/usage?metric=latency&range=custom&model=extract",
  "/usage/requests/unknown",
  "/members",
  "/members?view=invitations",
  "/members?view=teams",
  "/members?dialog=invite",
  "/settings",
  "/settings?tab=limits",
  "/settings?tab=budgets",
  "/settings?tab=audit",
  "/settings?tab=outbox",
  "/settings?tab=end",
  "/billing",
  "/billing/2026-01",
  "/administration",
  "/administration?view=system",
  "/administration?view=configuration",
  "/administration?view=licences",
  "/profile",
  "/nothing-here",
];
const outside = [
  "/login",
  "/register",
  "/forgot-password",
  "/reset-password?token=x",
  "/verify-email?token=x",
  "/setup?token=x",
  "/invitation?token=x",
];

for (const scheme of ["light", "dark"] as const) {
  test(`no page has a serious fault of accessibility in ${scheme}`, async ({ page }) => {
    // Many pages, and a slow machine takes ten seconds for each.
    test.setTimeout(inside.length * 30_000);
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const path of inside) {
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      await test.step(path, () => expectAccessible(page));
    }
  });

  test(`no page for guests has a serious fault of accessibility in ${scheme}`, async ({ guest, signedIn }) => {
    test.slow();
    expect(signedIn).toBeTruthy();
    await guest.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const path of outside) {
      await guest.goto(path);
      await guest.waitForLoadState("networkidle");
      await test.step(path, () => expectAccessible(guest));
    }
  });
}

test("dark is chosen in the account menu and stays after a reload", async ({ page }) => {
  await page.goto("/");
  const shade = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await shade();
  await page.getByRole("button", { name: /^Account of/ }).click();
  await page.getByText("Dark", { exact: true }).click();
  await expect.poll(shade).not.toBe(light);
  const dark = await shade();
  await page.reload();
  expect(await shade()).toBe(dark);
});

test("on a phone nothing is wider than the screen, and the navigation opens", async ({ page }) => {
  test.setTimeout(inside.length * 15_000);
  await page.setViewportSize({ width: 390, height: 844 });
  for (const path of inside) {
    await page.goto(path);
    await page.waitForLoadState("networkidle");
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, path).toBeLessThanOrEqual(390);
  }
  await page.goto("/");
  await page.getByRole("button", { name: "Open navigation" }).click();
  await page.getByRole("link", { name: "Keys", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("API keys");
  await expect(page.getByRole("link", { name: "Playground", exact: true })).toBeHidden();
});

test("pages are reached by the keyboard alone", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/Welcome/);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "To the content" })).toBeFocused();
  await page.getByRole("link", { name: "Keys", exact: true }).focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/keys/);
});
