import { readFileSync } from "node:fs";
import type { Plugin } from "vite";

interface Library {
  name: string;
  version: string;
  licence: string;
  repository: string;
}

/** Writes `licences.json`: the packages whose code is in the bundle. */
export function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === "chunk" ? file.moduleIds : []));
      const folders = new Set(modules.map(packageFolder).filter((folder) => folder !== null));
      const libraries = [...folders].map(library);
      libraries.sort((a, b) => a.name.localeCompare(b.name) || a.version.localeCompare(b.version));
      this.emitFile({ type: "asset", fileName: "licences.json", source: JSON.stringify(libraries) });
    },
  };
}

/** The folder of the package that a module is from; `null` for our own. */
function packageFolder(module: string): string | null {
  const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/?]+(?=\/)/.exec(
    module.replace(/^\0/, "").replaceAll("\\", "/"),
  );
  return found?.[0] ?? null;
}

function library(folder: string): Library {
  const { name, version, license, repository } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  return {
    name,
    version,
    licence: typeof license === "string" ? license : (license?.type ?? ""),
    repository: address(typeof repository === "string" ? repository : (repository?.url ?? "")),
  };
}

/** `git+https://github.com/a/b.git`, `github:a/b` and `a/b` as an address of a page. */
function address(text: string): string {
  const plain = text
    .replace(/^git\+/, "")
    .replace(/^git:\/\//, "https://")
    .replace(/^ssh:\/\/git@/, "https://");
  const short = /^(?:github:)?([\w.-]+\/[\w.-]+)$/.exec(plain);
  const page = short ? `https://github.com/${short[1]}` : plain.replace(/\.git$/, "");
  return page.startsWith("https://") ? page : "";
}
