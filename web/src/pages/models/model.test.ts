import { expect, test } from "vitest";
import { modelRows, priceOf, stateOf, tokenPrice } from "./model";

const provider = {
  id: "openai",
  title: "OpenAI",
  kind: "openai",
  docs_url: "",
  models: 3,
  configured: false,
  usable: false,
  has_credential: false,
  key_optional: false,
};

test("a callable model gets its prices from the provider's list, own names stand first and built-in models last", () => {
  const known = {
    id: "openai/gpt",
    mode: "chat",
    capabilities: ["tools"],
    prices: { version: "v", unit: "nano_usd_per_million", prices: { input: 2e9, output: 8e9 } },
  };
  const [alias, model, builtin] = modelRows(
    [
      { id: "builtin/echo", owned_by: "builtin" },
      { id: "openai/gpt", owned_by: "openai" },
      { id: "fast", owned_by: "gateway" },
    ],
    [known],
  );
  expect(model && tokenPrice(model, "output")).toBe(8e9);
  expect(model?.isAlias).toBe(false);
  expect(builtin?.id).toBe("builtin/echo");
  expect(alias).toMatchObject({ isAlias: true, prices: null });
});

test("prices are read by the unit that people know", () => {
  expect(priceOf("input", 2e9)).toEqual({ unit: "tokens", nanoUsd: 2e9 });
  expect(priceOf("batch.input>200000", 2e9)).toEqual({ unit: "tokens", nanoUsd: 2e9 });
  expect(priceOf("web_search", 25e12)).toEqual({ unit: "search", nanoUsd: 25e9 });
  expect(priceOf("image:high:1024x1024", 4e13)).toEqual({ unit: "image", nanoUsd: 4e7 });
  expect(priceOf("second", 1e11)).toEqual({ unit: "second", nanoUsd: 1e5 });
  expect(priceOf("image_input", 5e9)).toEqual({ unit: "tokens", nanoUsd: 5e9 });
});

test("the state of a provider says where its key comes from", () => {
  expect(stateOf(provider)).toBe("missing");
  expect(stateOf({ ...provider, has_credential: true, usable: true })).toBe("connected");
  expect(stateOf({ ...provider, configured: true, usable: true })).toBe("configured");
  expect(stateOf({ ...provider, configured: true })).toBe("incomplete");
  expect(stateOf({ ...provider, usable: true, key_optional: true })).toBe("keyless");
});
