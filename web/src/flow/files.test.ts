import { expect, test } from "vitest";
import { fileKind, filesIn } from "./files";
import type { Json } from "./graph";

const photo = { $file: "b1", name: "a.png", media_type: "image/png", size_bytes: 3 };

test("files are found in whatever holds them, each once", () => {
  const sound = { $file: "b2", name: "a.mp3", media_type: "audio/mpeg", size_bytes: 4 };
  expect(filesIn(photo)).toEqual([photo]);
  expect(filesIn({ first: photo, all: [photo, { deep: [sound] }, null, "x", 0, false] })).toEqual([
    photo,
    sound,
  ]);
  const others: (Json | undefined)[] = [null, undefined, "text", 3, [], {}, { $file: 3 }, [null, null]];
  for (const nothing of others) {
    expect(filesIn(nothing)).toEqual([]);
  }
});

test("ports of files say what they take", () => {
  expect(fileKind("image")).toEqual({ accept: "image/*", isList: false });
  expect(fileKind("array<audio>")).toEqual({ accept: "audio/*", isList: true });
  expect(fileKind("string")).toBeUndefined();
});
