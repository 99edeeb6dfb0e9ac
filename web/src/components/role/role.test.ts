import { expect, test } from "vitest";
import { rolesUpTo } from "./role";

test("nobody is offered a role above the own one", () => {
  expect(rolesUpTo("owner")).toEqual(["owner", "admin", "editor", "viewer"]);
  expect(rolesUpTo("editor")).toEqual(["editor", "viewer"]);
  expect(rolesUpTo("stranger")).toEqual([]);
});
