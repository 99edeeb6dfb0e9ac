import { describe, expect, it } from "vitest";
import type { CollectionSource } from "../../../api/sources";
import { contentOf, emptyForm, formOf, isComplete } from "./data";

describe("contentOf", () => {
  it("sends a folder with its path alone", () => {
    const form = { ...emptyForm, name: " Share ", kind: "folder" as const, path: "/srv/a", secret: "s" };
    expect(contentOf({ ...form, include: "*.md\n\n *.pdf " })).toEqual({
      name: "Share",
      location: { type: "folder", path: "/srv/a" },
      include: ["*.md", "*.pdf"],
      exclude: [],
      delete_missing: true,
      interval_minutes: null,
    });
  });

  it("sends a secret only with its key, and none where none was entered", () => {
    const form = { ...emptyForm, name: "b", bucket: "handbook", secret: "s" };
    expect(contentOf(form).secret_access_key).toBeNull();
    expect(contentOf({ ...form, accessKey: "k" }).secret_access_key).toBe("s");
    expect(contentOf({ ...form, accessKey: "k", secret: "" }).secret_access_key).toBeNull();
  });

  it("gives back what a source is", () => {
    const source = {
      name: "b",
      location: { type: "s3", bucket: "handbook", region: "eu", prefix: "p/", path_style: true },
      include: ["*.md"],
      exclude: [],
      delete_missing: false,
      interval_minutes: 45,
    } as unknown as CollectionSource;
    expect(contentOf(formOf(source))).toMatchObject({
      name: "b",
      location: { type: "s3", bucket: "handbook", region: "eu", prefix: "p/", path_style: true },
      include: ["*.md"],
      delete_missing: false,
      interval_minutes: 45,
    });
  });
});

describe("isComplete", () => {
  it("wants a name and a place of the chosen kind", () => {
    expect(isComplete({ ...emptyForm, name: "a", bucket: "b" })).toBe(true);
    expect(isComplete({ ...emptyForm, name: "a", kind: "folder", bucket: "b" })).toBe(false);
    expect(isComplete({ ...emptyForm, bucket: "b" })).toBe(false);
  });
});
