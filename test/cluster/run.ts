/**
 * Runs the tests that need a real control plane: node test/cluster/run.ts [FILE…] [tap options]
 * All files share one control plane, which lives as long as this process.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findAddons } from './addons.ts';
import { findBinaries } from './binaries.ts';
import { startControlPlane } from './control-plane.ts';
import { type NotFound } from './go-programs.ts';
import { shareControlPlane } from './session.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SECONDS_PER_FILE = 600;
const TAP_STOP_DEADLINE_MS = 3000;
const SIGNALS = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const interruption = new AbortController();
  let interruptedWith = 0;
  for (const [signal, code] of Object.entries(SIGNALS)) {
    process.on(signal, () => {
      interruptedWith = code;
      interruption.abort(new Error(`ended by ${signal}`));
    });
  }
  try {
    const code = await runTests(args, interruption.signal);
    return interruptedWith === 0 ? code : interruptedWith;
  } catch (error) {
    if (interruptedWith !== 0) return interruptedWith;
    say(error instanceof Error ? error.message : String(error));
    return 1;
  }
}

async function runTests(args: readonly string[], signal: AbortSignal): Promise<number> {
  const found = await findBinaries({ progress: say, signal });
  if (!found.ok) return complain(found);
  const addons = await findAddons({ progress: say, signal });
  if (!addons.ok && complain(addons) !== 0) return 1;
  const began = performance.now();
  const controlPlane = await startControlPlane(found.binaries, { signal });
  try {
    say(`Kubernetes ${found.binaries.kubernetesVersion} is ready after ${secondsSince(began)} s`);
    const session = await shareControlPlane(controlPlane, addons);
    try {
      return await tap(args, session.environment, signal);
    } finally {
      await session.close();
    }
  } finally {
    await controlPlane.stop();
    say(`done after ${secondsSince(began)} s`);
  }
}

/** Missing programs are forgiven on a developer's machine, loudly; in CI nothing may be skipped. Returns the exit code. */
function complain({ reason, message }: NotFound): number {
  const forgiven = reason === 'missing' && process.env['CI'] !== 'true';
  const line = '!'.repeat(100);
  say([line, message, ...(forgiven ? ['These tests are NOT run.'] : []), line].join('\n'));
  return forgiven ? 0 : 1;
}

/** The files are named one by one: .taprc leaves this folder out of the plain run. */
async function tap(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const files = args.some((arg) => !arg.startsWith('-')) ? [] : await testFiles();
  const options = ['--disable-coverage', '--jobs=1', `--timeout=${SECONDS_PER_FILE}`];
  const child = spawn(process.execPath, [tapProgram(), 'run', ...options, ...args, ...files], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const end = (): void => {
    void endGroup(child);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  const [code] = (await once(child, 'close')) as [number | null];
  signal.removeEventListener('abort', end);
  return code ?? 1;
}

/** Ends tap with its test files and their kubectl: they are a process group of their own, so that none is forgotten. */
async function endGroup(child: ChildProcess): Promise<void> {
  killGroup(child, 'SIGTERM');
  await delay(TAP_STOP_DEADLINE_MS, undefined, { ref: false });
  killGroup(child, 'SIGKILL');
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function testFiles(): Promise<readonly string[]> {
  const names = await readdir(import.meta.dirname, { recursive: true });
  const tests = names.filter((name) => name.endsWith('.test.ts'));
  return tests.map((name) => relative(ROOT, join(import.meta.dirname, name))).sort();
}

function tapProgram(): string {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json');
  return join(dirname(manifest), 'dist', 'esm', 'run.mjs');
}

function say(text: string): void {
  process.stderr.write(`${text.replace(/^/gm, 'cluster: ')}\n`);
}

function secondsSince(began: number): string {
  return ((performance.now() - began) / 1000).toFixed(1);
}
