// Writes a brotli and a gzip twin of each file that gets smaller by it; the server sends them as they are.
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = process.env.WEB_OUT_DIR ?? new URL("../dist", import.meta.url).pathname;
const packable = /\.(html|js|css|json|svg|webmanifest|txt|ico)$/;

for (const name of readdirSync(dist, { recursive: true })) {
  const file = join(dist, name);
  if (!packable.test(name) || !statSync(file).isFile()) continue;
  const bytes = readFileSync(file);
  const twins = {
    br: brotliCompressSync(bytes, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
    }),
    gz: gzipSync(bytes, { level: 9 }),
  };
  for (const [suffix, packed] of Object.entries(twins)) {
    if (packed.length < bytes.length * 0.9) writeFileSync(`${file}.${suffix}`, packed);
  }
}
