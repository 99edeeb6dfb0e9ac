import { expect, test } from "vitest";
import { deviceName } from "./device";

test("browsers that call themselves others are told apart", () => {
  const edge = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0";
  expect(deviceName(edge)).toBe("Edge, Windows");
  const phone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604";
  expect(deviceName(phone)).toBe("Safari, iPhone");
});

test("programs go by their first word, and nothing is nothing", () => {
  expect(deviceName("curl/8.5.0")).toBe("curl");
  expect(deviceName("")).toBeNull();
});
