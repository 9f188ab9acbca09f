import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const ROOT = join(import.meta.dirname, '..', '..');
const STOP_DEADLINE_MS = 3000;

/** A run of tap over a folder that .taprc leaves out of the plain run. */
export interface TapRun {
  readonly folder: string;
  /** From the command line: files instead of all in the folder, options of tap. */
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly secondsPerFile: number;
  readonly signal: AbortSignal;
}

/** Runs the test files of a folder one after the other; gives tap's exit code. */
export async function runTap({ folder, args, environment, secondsPerFile, signal }: TapRun): Promise<number> {
  const files = args.some((arg) => !arg.startsWith('-')) ? [] : await testFilesIn(folder);
  const options = ['--disable-coverage', '--jobs=1', `--timeout=${secondsPerFile}`];
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

/** Ends tap with its test files and what they have started: a process group of their own, so that none is forgotten. */
async function endGroup(child: ChildProcess): Promise<void> {
  killGroup(child, 'SIGTERM');
  await delay(STOP_DEADLINE_MS, undefined, { ref: false });
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

/** They are named one by one: tap does not look into a folder that is left out. */
async function testFilesIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const tests = names.filter((name) => name.endsWith('.test.ts'));
  return tests.map((name) => relative(ROOT, join(folder, name))).sort();
}

function tapProgram(): string {
  const manifest = createRequire(import.meta.url).resolve('tap/package.json');
  return join(dirname(manifest), 'dist', 'esm', 'run.mjs');
}
