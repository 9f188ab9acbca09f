import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { go, goBuild } from '../cluster/go-toolchain.ts';
import { type Obstacle } from '../support/give-up.ts';

const moduleFolder = join(import.meta.dirname, 'load-client');
const buildMs = 5 * 60_000;

export type BuiltLoadClient = { readonly ok: true; readonly program: string } | ({ readonly ok: false } & Obstacle);

/** Gives the program that calls a webhook as the API server does; built once, then taken from the cache. */
export async function buildLoadClient(say: (line: string) => void, signal: AbortSignal): Promise<BuiltLoadClient> {
  const toolchain = await go({
    args: ['env', 'GOVERSION', 'GOOS', 'GOARCH'],
    cwd: moduleFolder,
    timeoutMs: 120_000,
    signal,
  });
  if (!toolchain.ok) return { ok: false, reason: 'missing', message: howToGet(toolchain.message) };
  const folder = join(cacheRoot(), await cacheKey(toolchain.stdout));
  const program = join(folder, 'load-client');
  if (existsSync(program)) return { ok: true, program };
  await mkdir(folder, { recursive: true });
  const workFolder = await mkdtemp(join(folder, '.building-'));
  try {
    say('building the load client; only the first run does this');
    const output = join(workFolder, 'load-client');
    const built = await goBuild({
      packagePath: '.',
      output,
      ldflags: '',
      moduleFolder,
      workFolder,
      timeoutMs: buildMs,
      signal,
    });
    signal.throwIfAborted();
    if (!built.ok)
      return { ok: false, reason: 'failed', message: `building the load client failed:\n${built.message}` };
    // A rename is atomic, so that runs cannot disturb each other.
    await rename(output, program);
    return { ok: true, program };
  } finally {
    await rm(workFolder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function cacheRoot(): string {
  const base = process.env['XDG_CACHE_HOME'] ?? '';
  return join(base === '' ? join(homedir(), '.cache') : base, 'tenantgate', 'load-client');
}

async function cacheKey(toolchain: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'main.go']) hash.update(await readFile(join(moduleFolder, name)));
  return hash.update(toolchain).digest('hex').slice(0, 16);
}

function howToGet(fault: string): string {
  return [
    `The tests of restarts call the webhook with Go's HTTP client, as the API server does, and cannot build it: ${fault.trim()}.`,
    'Install Go (https://go.dev/dl/), then run the tests again: they build what they need once and keep it.',
  ].join('\n');
}
