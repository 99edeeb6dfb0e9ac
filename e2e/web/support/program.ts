import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What the program says when it listens. */
interface Announcement {
  url: string;
  api_key: string | null;
  setup_url: string | null;
}

/** The program with a data directory of its own, on a port of its own. */
export class Program {
  private constructor(
    private readonly child: ChildProcess,
    private readonly dir: string,
    readonly url: string,
    readonly apiKey: string,
    readonly setupUrl: string,
  ) {}

  static async start(configuration = ""): Promise<Program> {
    const binary = process.env.NOCODE_AI_BIN;
    if (!binary) throw new Error("NOCODE_AI_BIN names no program: start the tests by e2e/run");
    const dir = mkdtempSync(join(tmpdir(), "nab-web-"));
    const file = join(dir, "nocode-ai.toml");
    writeFileSync(file, configuration);
    const child = spawn(
      binary,
      ["serve", "--json", "--listen", "127.0.0.1:0", "--data-dir", join(dir, "data"), "--config", file],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NOCODE_AI_TELEMETRY__LOG: "warn" } },
    );
    const said = await announcement(child);
    if (!said.setup_url || !said.api_key) throw new Error("a fresh program announced no setup link or no key");
    return new Program(child, dir, said.url, said.api_key, said.setup_url);
  }

  /** Calls `/api/v1` with the key of the first start. */
  async api(method: string, path: string, content?: unknown): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${this.apiKey}`, "content-type": "application/json" },
      body: content === undefined ? undefined : JSON.stringify(content),
    });
  }

  /** Calls a model as a program would. */
  async call(key: string, content: unknown): Promise<Response> {
    return fetch(`${this.url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify(content),
    });
  }

  /** Waits until a call stands in the reports, which it does within a second of its end. */
  async metered(answer: Response): Promise<string> {
    const id = answer.headers.get("x-request-id") ?? "";
    for (let tries = 0; tries < 100; tries++) {
      const found = await this.api("GET", `/api/v1/usage/requests/${id}`);
      if (found.ok) return id;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`the call ${id} stands in no report`);
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGTERM");
    const last = setTimeout(() => this.child.kill("SIGKILL"), 5_000);
    await gone;
    clearTimeout(last);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function announcement(child: ChildProcess): Promise<Announcement> {
  return new Promise((resolve, reject) => {
    let out = "";
    let errors = "";
    child.stdout?.on("data", (data: Buffer) => {
      out += data;
      const end = out.indexOf("\n");
      if (end >= 0) resolve(JSON.parse(out.slice(0, end)));
    });
    child.stderr?.on("data", (data: Buffer) => {
      errors += data;
    });
    child.once("exit", (code) => reject(new Error(`the program ended with ${code}: ${errors}`)));
  });
}
