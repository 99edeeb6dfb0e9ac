// Adds to package-lock.json the packages of other platforms that a registry left out.
//
// npm writes a lock without them when its registry does not carry them, and then refuses that very
// lock in `npm ci`. Run it after each `npm install` that changed the lock. The added rows have no hash:
// an `npm install` where the whole registry can be reached fills them in.
import { readFileSync, writeFileSync } from "node:fs";

const file = new URL(process.argv[2] ?? "../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const systems = [
  "darwin",
  "win32",
  "linux",
  "android",
  "freebsd",
  "openbsd",
  "netbsd",
  "sunos",
  "aix",
  "openharmony",
];
const processors = [
  "arm64",
  "x64",
  "ia32",
  "arm",
  "ppc64",
  "s390x",
  "riscv64",
  "loong64",
  "wasm32",
  "mips64el",
];

const added = {};
for (const [owner, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const nested = `${owner}/node_modules/${name}`;
    const hoisted = `node_modules/${name}`;
    if (lock.packages[nested] || lock.packages[hoisted] || added[hoisted]) continue;
    const words = name.split(/[/-]/);
    const os = systems.filter((system) => words.includes(system));
    const cpu = processors.filter((processor) => words.some((word) => word === processor));
    if (os.length === 0 || !/^\d/.test(version)) continue;
    const row = { version, optional: true, os };
    if (cpu.length > 0) row.cpu = cpu;
    if (entry.dev) row.dev = true;
    if (words.includes("musl")) row.libc = ["musl"];
    if (words.includes("gnu")) row.libc = ["glibc"];
    added[hoisted] = row;
  }
}
Object.assign(lock.packages, added);
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))]);
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${Object.keys(added).length} packages of other platforms added\n`);
