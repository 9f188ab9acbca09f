import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../support/cache-folder.ts';
import { buildKey, readGoMod, type GoModule, type GoProgram } from './go-module.ts';
import { go, goBuild, type GoAnswer } from './go-toolchain.ts';
import { startGuardian } from './guardian.ts';

const HEARTBEAT_MS = 20_000;
const BUILD_TIMEOUT_MS = 45 * 60 * 1000;

export interface NotFound {
  readonly ok: false;
  /** `missing`: this machine has no means to get them; `failed`: it has, and something is broken. */
  readonly reason: 'missing' | 'failed';
  readonly message: string;
}

export type Paths<Name extends string> = Readonly<Record<Name, string>>;

export interface FindOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Receives a line whenever something long begins, goes on or ends. */
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Finds programs of a Go module in the cache, and builds those that are not there. */
export async function goPrograms<Name extends string>(
  module: GoModule<Name>,
  names: readonly Name[],
  options: FindOptions = {},
): Promise<{ readonly ok: true; readonly paths: Paths<Name> } | NotFound> {
  const toolchain = await goEnvironment(module.folder, options.signal);
  if (!toolchain.ok) return { ok: false, reason: 'missing', message: toolchain.message };
  const folder = join(cacheFolder(module.name, options.env), await buildKey(module.folder, toolchain.stdout));
  const absent = names.filter((name) => !isExecutable(join(folder, name)));
  const built = absent.length === 0 ? toolchain : await buildAll(module, absent, folder, options);
  if (!built.ok) return { ok: false, reason: 'failed', message: built.message };
  return { ok: true, paths: Object.fromEntries(names.map((name) => [name, join(folder, name)])) as Paths<Name> };
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Asks go in the module's folder, so that it has chosen the toolchain that the module needs. */
async function goEnvironment(folder: string, signal: AbortSignal | undefined): Promise<GoAnswer> {
  const args = ['env', 'GOVERSION', 'GOOS', 'GOARCH'];
  const answer = await go({ args, cwd: folder, timeoutMs: 120_000, signal });
  if (!answer.ok) return answer;
  const { goVersion } = await readGoMod(folder);
  const version = answer.stdout.split('\n')[0] ?? '';
  if (isAtLeast(version.replace(/^go/, ''), goVersion)) return answer;
  return { ok: false, message: `Go is ${version}, but ${goVersion} or later is needed` };
}

function isAtLeast(version: string, needed: string): boolean {
  const [have, want] = [version, needed].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  const index = want!.findIndex((number, position) => number !== (have![position] ?? 0));
  return index === -1 || (have![index] ?? 0) > want![index]!;
}

/** Builds beside the cache and moves each finished program in: a rename is atomic, so that runs cannot disturb each other. */
async function buildAll<Name extends string>(
  module: GoModule<Name>,
  names: readonly Name[],
  folder: string,
  options: FindOptions,
): Promise<GoAnswer> {
  await mkdir(folder, { recursive: true });
  const workFolder = await mkdtemp(join(folder, '.building-'));
  const guardian = startGuardian(workFolder);
  try {
    for (const [index, name] of names.entries()) {
      const position = `${index + 1} of ${names.length}`;
      const output = join(workFolder, name);
      const built = await withProgress(`${name} (${position})`, options, async () =>
        build(module, module.programs[name], output, options.signal),
      );
      options.signal?.throwIfAborted();
      if (!built.ok) return { ok: false, message: `building ${name} failed:\n${built.message}` };
      await rename(output, join(folder, name));
    }
    return { ok: true, stdout: '' };
  } finally {
    await rm(workFolder, { recursive: true, force: true, maxRetries: 5 });
    guardian.dismiss();
  }
}

async function build(
  module: GoModule<string>,
  program: GoProgram,
  output: string,
  signal: AbortSignal | undefined,
): Promise<GoAnswer> {
  const variables = program.variables?.(await readGoMod(module.folder)) ?? {};
  return goBuild({
    packagePath: program.package,
    output,
    ldflags: ['-s', '-w', ...Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`)].join(' '),
    moduleFolder: module.folder,
    workFolder: join(output, '..'),
    timeoutMs: BUILD_TIMEOUT_MS,
    signal,
  });
}

async function withProgress(
  what: string,
  { progress = () => undefined }: FindOptions,
  action: () => Promise<GoAnswer>,
): Promise<GoAnswer> {
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  progress(`building ${what}; only the first run does this, and it can take minutes`);
  const heartbeat = setInterval(() => {
    progress(`building ${what}: ${seconds()} s`);
  }, HEARTBEAT_MS);
  try {
    const answer = await action();
    if (answer.ok) progress(`built ${what} in ${seconds()} s`);
    return answer;
  } finally {
    clearInterval(heartbeat);
  }
}
