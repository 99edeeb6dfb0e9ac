// Starts the scripted upstream and the program under test; one pair for each test file.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const e2e = path.resolve(here, '../..');
const binary = process.env.NOCODE_AI_BIN
  ? path.resolve(process.env.NOCODE_AI_BIN)
  : path.resolve(e2e, '../target/debug/nocode-ai');

const BASES = { openai: '/v1', anthropic: '', gemini: '/v1beta', ollama: '', custom: '/v1' };
export const LANES = Object.keys(BASES);

let numbers = 0;

/** A model name that no other test uses. */
export function modelOf(lane) {
  const families = { openai: 'gpt-4.1-mini', anthropic: 'claude-sonnet-4-5', gemini: 'gemini-2.5-flash', ollama: 'llama3.2', custom: 'local' };
  numbers += 1;
  return `${families[lane]}-node${numbers}`;
}

/** The first line that a process prints, as JSON. */
async function firstLine(child) {
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${child.spawnfile} ended with ${code} before it was ready`);
    }),
  ]);
  return JSON.parse(line);
}

/** The upstream: scripts by model, and what it was asked. */
class Upstream {
  static async start() {
    const child = spawn(process.env.PYTHON ?? 'python3', ['-m', 'upstream'], { cwd: e2e, stdio: ['pipe', 'pipe', 'inherit'] });
    return new Upstream(child, (await firstLine(child)).url);
  }

  constructor(child, url) {
    this.child = child;
    this.url = url;
  }

  async on(model, script) {
    const answer = await fetch(`${this.url}/control/${model}`, { method: 'PUT', body: JSON.stringify(script) });
    if (!answer.ok) throw new Error(await answer.text());
  }

  async seen(model) {
    return (await fetch(`${this.url}/control/${model}`)).json();
  }
}

/** The program with one provider of each wire format, and its upstream. */
export class Setup {
  static async start() {
    const upstream = await Upstream.start();
    const directory = await mkdtemp(path.join(tmpdir(), 'nocode-ai-e2e-'));
    const config = path.join(directory, 'nocode-ai.toml');
    await writeFile(config, configuration(upstream.url));
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^NOCODE_AI_|_API_KEY$/.test(name)));
    const paths = ['--data-dir', path.join(directory, 'data'), '--config', config];
    const child = spawn(binary, ['serve', '--listen', '127.0.0.1:0', ...paths, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
      env,
    });
    const { url, api_key: key } = await firstLine(child);
    return new Setup(upstream, child, directory, url.replace(/\/$/, ''), key);
  }

  constructor(upstream, child, directory, url, key) {
    Object.assign(this, { upstream, child, directory, url, key });
  }

  async stop() {
    const ended = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await ended;
    this.upstream.child.stdin.end();
    await once(this.upstream.child, 'exit');
    await rm(this.directory, { recursive: true, force: true });
  }

  /** The usage rows of a request, waiting until there is one. */
  async rows(requestId) {
    for (let tries = 0; tries < 100; tries += 1) {
      const answer = await fetch(`${this.url}/api/v1/usage/requests?request_id=${requestId}`, {
        headers: { authorization: `Bearer ${this.key}` },
      });
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      const { data } = await answer.json();
      if (data.length > 0) return data;
      await new Promise((wake) => setTimeout(wake, 50));
    }
    return [];
  }

  /** A key for a purpose. */
  async newKey(fields) {
    const answer = await fetch(`${this.url}/api/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'node', ...fields }),
    });
    return answer.json();
  }
}

function configuration(upstream) {
  const head = ['[gateway]', 'providers_from_environment = false', '[gateway.retry]', 'max_retries = 0', '[gateway.breaker]', 'failures = 0'];
  const providers = LANES.flatMap((lane) => [
    `[providers.${lane}]`,
    `base_url = "${upstream}/${lane}${BASES[lane]}"`,
    `api_key = "sk-upstream-${lane}"`,
    `[catalogue."${lane}/*"]`,
    'price = { input = "2", output = "8" }',
  ]);
  return `${[...head, ...providers].join('\n')}\n`;
}
