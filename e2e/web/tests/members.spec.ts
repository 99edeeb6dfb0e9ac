import { expect, expectAccessible, test } from "../support/test.ts";

test("a member is invited by a link, joins, and gets another role", async ({ page, guest }) => {
  await page.goto("/members");
  await page.getByRole("button", { name: "Invite" }).click();
  const form = page.getByRole("dialog", { name: "Invite somebody" });
  await form.getByLabel("Email").fill("nobody");
  await form.getByRole("button", { name: "Send invitation" }).click();
  await expect(form.getByText("This is no email address.")).toBeVisible();
  await form.getByLabel("Email").fill("mia@example.org");
  await form.getByRole("button", { name: "Send invitation" }).click();
  const sent = page.getByRole("dialog", { name: "The invitation to mia@example.org is on its way" });
  const link = (await sent.getByRole("region", { name: "Invitation link" }).textContent())?.trim() ?? "";
  expect(link).toContain("/invitation?token=");
  await sent.getByRole("button", { name: "Done" }).click();

  await guest.goto(link.replace(/^https?:\/\/[^/]+/, ""));
  await guest.getByLabel("Your name").fill("Mia Member");
  await guest.getByLabel("Password", { exact: true }).fill("an umbrella for members");
  await guest.getByRole("button", { name: "Accept invitation" }).click();
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("Welcome to Example Ltd");

  await page.goto("/members?view=invitations");
  await expect(page.getByRole("row", { name: /mia@example.org/ })).toContainText("Accepted");
  await page.goto("/members");
  await page.getByRole("combobox", { name: "Role of Mia Member" }).click();
  await page.getByRole("option", { name: "Viewer" }).click();
  await expect(page.getByText("Mia Member is now Viewer")).toBeVisible();
  await page.getByRole("button", { name: "Actions for Mia Member" }).click();
  await page.getByRole("menuitem", { name: "Remove from the organization" }).click();
  const question = page.getByRole("dialog", { name: "Remove Mia Member?" });
  await question.getByRole("button", { name: "Remove from the organization" }).click();
  await expect(page.getByRole("row", { name: /Mia Member/ })).toHaveCount(0);
});

test("an invitation is withdrawn, and its link no longer works", async ({ page, guest, program }) => {
  await program.api("POST", "/api/v1/invitations", { email: "late@example.org", role: "viewer" });
  const outbox = await (await page.request.get("/api/v1/outbox")).json();
  const mail = outbox.data.find((one: { recipient: string }) => one.recipient === "late@example.org");
  await page.goto("/members?view=invitations");
  await page.getByRole("button", { name: "Actions for late@example.org" }).click();
  await page.getByRole("menuitem", { name: "Withdraw" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
  await expect(page.getByRole("row", { name: /late@example.org/ })).toContainText("Withdrawn");
  await guest.goto(mail.link.replace(/^https?:\/\/[^/]+/, ""));
  await expect(guest.getByRole("heading", { level: 1 })).toHaveText("This invitation is not valid any more");
});

test("a team is made, gets a member, a new name, and is deleted", async ({ page }) => {
  await page.goto("/members?view=teams");
  await page.getByRole("button", { name: "New team" }).first().click();
  await page.getByLabel("Name of the team").fill("Support");
  await page.getByRole("button", { name: "Create" }).click();
  const team = page.getByRole("dialog").filter({ hasText: "People" });
  await team.getByRole("combobox", { name: "Add a member" }).click();
  await page.getByRole("option", { name: /^Ada/ }).click();
  await expect(team.getByRole("button", { name: /^Take Ada/ })).toBeVisible();
  await team.getByRole("button", { name: "Rename" }).click();
  await page.getByLabel("Name of the team").fill("Help desk");
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("button", { name: "Open Help desk" })).toBeAttached();
  await team.getByRole("button", { name: "Delete team" }).click();
  await page.getByRole("dialog", { name: "Delete Help desk?" }).getByRole("button", { name: "Delete team" }).click();
  await expect(page.getByText("Help desk is deleted")).toBeVisible();
});

test("the table of roles is the one that the server enforces", async ({ page }) => {
  await page.goto("/members");
  await page.getByRole("button", { name: "What roles may do" }).click();
  const row = page.getByRole("row", { name: /keys:write/ });
  await expect(row.getByRole("img", { name: "allowed", exact: true })).toHaveCount(2);
  await expectAccessible(page);
});
