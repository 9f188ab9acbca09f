import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

import { startGuardian } from '../cluster/guardian.ts';
import { npm } from '../package/npm.ts';
import { cacheFolder } from '../support/cache-folder.ts';
import { outputOf } from './output-of.ts';

/** As in the images that the Dockerfile names. */
const DEBIAN = 'trixie';
const NPM = '11.19.0';

const DEBOOTSTRAP_MS = 15 * 60 * 1000;
const COPY_MS = 5 * 60 * 1000;

/** Root file systems that stand in for the Dockerfile's images where no registry of images can be reached, as tar files. */
export interface BaseArchives {
  /** Debian with Node and npm. */
  readonly build: string;
  /** Node and the libraries that it needs, where distroless images have them: no shell, no other program. */
  readonly runtime: string;
}

export interface BaseOptions {
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Finds the archives in the cache, or makes them. */
export async function baseArchives(options: BaseOptions): Promise<BaseArchives> {
  const node = nodeProgram();
  const folder = join(cacheFolder('image'), await cacheKey(node));
  const archives = { build: join(folder, 'build.tar'), runtime: join(folder, 'runtime.tar') };
  if ((await exists(archives.build)) && (await exists(archives.runtime))) return archives;
  await mkdir(folder, { recursive: true });
  const workFolder = await mkdtemp(join(folder, '.making-'));
  const guardian = startGuardian(workFolder);
  try {
    await makeArchives(workFolder, node, archives, options);
  } finally {
    await rm(workFolder, { recursive: true, force: true, maxRetries: 5 });
    guardian.dismiss();
  }
  return archives;
}

/** The Node that package.json asks for, whichever runs this. */
function nodeProgram(): string {
  return join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node');
}

/** This file is part of the key: it is the recipe. */
async function cacheKey(node: string): Promise<string> {
  const hash = createHash('sha256');
  for (const file of [import.meta.filename, node]) hash.update(await readFile(file));
  return hash.digest('hex').slice(0, 16);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Works beside the archives and moves each in when it is whole: a rename is atomic, so that runs cannot disturb each other. */
async function makeArchives(
  workFolder: string,
  node: string,
  archives: BaseArchives,
  { say, signal }: BaseOptions,
): Promise<void> {
  const [debian, runtime] = [join(workFolder, 'debian'), join(workFolder, 'runtime')];
  say(`making a Debian ${DEBIAN} to build on; only the first run does this, and it can take minutes`);
  await outputOf('debootstrap', ['--variant=minbase', DEBIAN, debian], { timeoutMs: DEBOOTSTRAP_MS, signal });
  await cp(node, join(debian, 'usr/local/bin/node'));
  await npm(workFolder, 'install', '--global', '--prefix', join(debian, 'usr/local'), `npm@${NPM}`);
  await makeRuntime(debian, runtime, signal);
  for (const [root, archive] of [
    [debian, archives.build],
    [runtime, archives.runtime],
  ] as const) {
    const unfinished = `${root}.tar`;
    const leftOut = ['./var/cache/apt', './var/lib/apt/lists', './var/log'].map((path) => `--exclude=${path}`);
    const args = ['--create', `--file=${unfinished}`, `--directory=${root}`, ...leftOut, '.'];
    await outputOf('tar', args, { timeoutMs: COPY_MS, signal });
    await rename(unfinished, archive);
  }
}

/** What `gcr.io/distroless/nodejs24` consists of, as far as a program can tell. */
async function makeRuntime(debian: string, runtime: string, signal: AbortSignal): Promise<void> {
  for (const folder of ['etc', 'nodejs/bin', 'home']) await mkdir(join(runtime, folder), { recursive: true });
  await cp(join(debian, 'usr/local/bin/node'), join(runtime, 'nodejs/bin/node'));
  for (const library of await librariesOf('/usr/local/bin/node', debian, signal)) {
    await mkdir(join(runtime, dirname(library)), { recursive: true });
    await cp(join(debian, library), join(runtime, library), { dereference: true });
  }
  const user = 'nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n';
  await writeFile(join(runtime, 'etc/passwd'), `root:x:0:0:root:/root:/sbin/nologin\n${user}`);
  await writeFile(join(runtime, 'etc/group'), 'root:x:0:\nnonroot:x:65532:\n');
  await writeFile(join(runtime, 'etc/nsswitch.conf'), 'hosts: files dns\n');
  const [temporary, home] = [join(runtime, 'tmp'), join(runtime, 'home/nonroot')];
  await mkdir(temporary);
  await outputOf('chmod', ['1777', temporary], { timeoutMs: COPY_MS, signal });
  await mkdir(home, { mode: 0o700 });
  await outputOf('chown', ['65532:65532', home], { timeoutMs: COPY_MS, signal });
}

/** The dynamic linker tells them, as `name => /path (address)` or `/path (address)`. */
async function librariesOf(program: string, root: string, signal: AbortSignal): Promise<readonly string[]> {
  const told = await outputOf('chroot', [root, 'ldd', program], { timeoutMs: COPY_MS, signal });
  const paths = told.split('\n').map((line) => /(\/\S+) \(0x/.exec(line)?.[1]);
  return paths.filter((path) => path !== undefined);
}
