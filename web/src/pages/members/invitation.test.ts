import { expect, test } from "vitest";
import { linkIn, statusOf } from "./invitation";

const now = Date.parse("2026-11-22T12:00:00Z");
const open = { accepted_at: null, revoked_at: null, expires_at: "2026-11-23T12:00:00Z" };

test("an invitation is open until it is accepted, withdrawn, or too old", () => {
  expect(statusOf(open, now)).toBe("open");
  expect(statusOf({ ...open, expires_at: "2026-11-22T12:00:00Z" }, now)).toBe("expired");
  expect(statusOf({ ...open, revoked_at: "2026-11-22T11:00:00Z" }, now)).toBe("revoked");
  expect(
    statusOf({ ...open, accepted_at: "2026-11-20T11:00:00Z", expires_at: "2026-11-21T12:00:00Z" }, now),
  ).toBe("accepted");
});

test("the link is that of the newest mail to the address, and there is none once it was sent", () => {
  const mail = (recipient: string, link: string | null, kind = "invitation") => ({ recipient, link, kind });
  const mails = [
    mail("vera@example.org", "https://x/reset", "reset_password"),
    mail("vera@example.org", "https://x/new"),
    mail("vera@example.org", "https://x/old"),
  ];
  expect(linkIn(mails, "Vera@example.org")).toBe("https://x/new");
  expect(linkIn([mail("vera@example.org", null), ...mails], "vera@example.org")).toBeNull();
  expect(linkIn(mails, "otto@example.org")).toBeNull();
});
