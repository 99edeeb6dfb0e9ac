import { expect, test } from "vitest";
import { EventReader, readStream } from "./events";
import { Failure } from "./failure";

const stream = 'data: {"a":1}\n\n: comment\n\ndata: {"b":\ndata: 2}\r\n\r\ndata: [DONE]\n\n';

test("events come out whole, wherever the stream is cut", () => {
  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new EventReader();
    const found = [...reader.push(stream.slice(0, cut)), ...reader.push(stream.slice(cut))];
    expect(found, `cut at ${cut}`).toEqual(['{"a":1}', '{"b":\n2}', "[DONE]"]);
  }
});

async function read(text: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const event of readStream(new Response(text))) found.push(event);
  return found;
}

test("a whole stream gives its events", async () => {
  expect(await read(stream)).toEqual([{ a: 1 }, { b: 2 }]);
});

test("a stream that breaks off is a failure", async () => {
  await expect(read('data: {"a":1}\n\n')).rejects.toThrow("broke off");
});

test("an error in the stream is thrown with its message", async () => {
  const failing = read('data: {"error":{"message":"upstream died","code":"upstream_error"}}\n\n');
  await expect(failing).rejects.toThrow(new Failure("Upstream died.", 200, "upstream_error"));
});
