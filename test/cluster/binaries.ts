import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Obstacle } from '../support/give-up.ts';
import { go, goBuild, type GoAnswer } from './go-toolchain.ts';
import { startGuardian } from './guardian.ts';

const MODULE_FOLDER = join(import.meta.dirname, 'tools');
const HEARTBEAT_MS = 20_000;
const BUILD_TIMEOUT_MS = 45 * 60 * 1000;

/** Name of the file → package that gives it. */
const PACKAGES = {
  etcd: 'go.etcd.io/etcd/server/v3',
  'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
  'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
  kubectl: 'k8s.io/kubernetes/cmd/kubectl',
} as const;

type BinaryName = keyof typeof PACKAGES;
const NAMES = Object.keys(PACKAGES) as readonly BinaryName[];

export interface ControlPlaneBinaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
  /** Of kube-apiserver, such as `v1.36.3`. */
  readonly kubernetesVersion: string;
}

export type FoundBinaries =
  { readonly ok: true; readonly binaries: ControlPlaneBinaries } | ({ readonly ok: false } & Obstacle);

export interface FindOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** Receives a line whenever something long begins, goes on or ends. */
  readonly progress?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Finds the programs in `KUBEBUILDER_ASSETS`, else in the cache, else builds them into the cache. */
export async function findBinaries(options: FindOptions = {}): Promise<FoundBinaries> {
  const env = options.env ?? process.env;
  const assets = env['KUBEBUILDER_ASSETS'] ?? '';
  const given = assets === '' ? {} : executablesIn(assets);
  const lacking = (['etcd', 'kube-apiserver', 'kubectl'] as const).filter((name) => given[name] === undefined);
  if (assets !== '' && lacking.length > 0) {
    const message = `KUBEBUILDER_ASSETS is "${assets}", but that folder has no ${lacking.join(', no ')}`;
    return { ok: false, reason: 'failed', message };
  }
  const rest = NAMES.filter((name) => given[name] === undefined);
  const built = rest.length === 0 ? { ok: true as const, paths: {} } : await cachedOrBuilt(rest, env, options);
  return built.ok ? withVersion({ ...given, ...built.paths }) : built;
}

/** The version of Kubernetes that the Go module names; it stands nowhere else. */
async function kubernetesVersionOfModule(): Promise<string> {
  const version = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(await readFile(join(MODULE_FOLDER, 'go.mod'), 'utf8'))?.[1];
  if (version === undefined) throw new Error(`no version of k8s.io/kubernetes in ${MODULE_FOLDER}/go.mod`);
  return version;
}

type Paths = Readonly<Partial<Record<BinaryName, string>>>;
type Located = { readonly ok: true; readonly paths: Paths } | Extract<FoundBinaries, { ok: false }>;

function executablesIn(folder: string): Paths {
  const present = NAMES.filter((name) => isExecutable(join(folder, name)));
  return Object.fromEntries(present.map((name) => [name, join(folder, name)]));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function withVersion(paths: Paths): Promise<FoundBinaries> {
  const [etcd, apiServer, controllerManager, kubectl] = NAMES.map((name) => paths[name]!);
  const { stdout } = await promisify(execFile)(apiServer!, ['--version'], { timeout: 30_000 });
  const kubernetesVersion = stdout.trim().split(' ').at(-1) ?? '';
  return {
    ok: true,
    binaries: {
      etcd: etcd!,
      kubeApiserver: apiServer!,
      kubeControllerManager: controllerManager!,
      kubectl: kubectl!,
      kubernetesVersion,
    },
  };
}

async function cachedOrBuilt(
  names: readonly BinaryName[],
  env: NodeJS.ProcessEnv,
  options: FindOptions,
): Promise<Located> {
  const toolchain = await goEnvironment(options.signal);
  if (!toolchain.ok) return { ok: false, reason: 'missing', message: howToGet(names, toolchain.message) };
  const folder = join(cacheRoot(env), await cacheKey(toolchain.stdout));
  const absent = names.filter((name) => !isExecutable(join(folder, name)));
  const built = absent.length === 0 ? toolchain : await buildAll(absent, folder, options);
  if (!built.ok) return { ok: false, reason: 'failed', message: built.message };
  return { ok: true, paths: Object.fromEntries(names.map((name) => [name, join(folder, name)])) };
}

/** Asks go in the module's folder, so that it has chosen the toolchain that the module needs. */
async function goEnvironment(signal: AbortSignal | undefined): Promise<GoAnswer> {
  const args = ['env', 'GOVERSION', 'GOOS', 'GOARCH'];
  const answer = await go({ args, cwd: MODULE_FOLDER, timeoutMs: 120_000, signal });
  if (!answer.ok) return answer;
  const needed = /^go (\S+)/m.exec(await readFile(join(MODULE_FOLDER, 'go.mod'), 'utf8'))?.[1] ?? '';
  const version = answer.stdout.split('\n')[0] ?? '';
  if (isAtLeast(version.replace(/^go/, ''), needed)) return answer;
  return { ok: false, message: `Go is ${version}, but ${needed} or later is needed` };
}

function isAtLeast(version: string, needed: string): boolean {
  const [have, want] = [version, needed].map((text) => (text.match(/\d+/g) ?? []).map(Number));
  const index = want!.findIndex((number, position) => number !== (have![position] ?? 0));
  return index === -1 || (have![index] ?? 0) > want![index]!;
}

function cacheRoot(env: NodeJS.ProcessEnv): string {
  const base = env['XDG_CACHE_HOME'] ?? '';
  return join(base === '' ? join(homedir(), '.cache') : base, 'tenantgate', 'control-plane');
}

async function cacheKey(toolchain: string): Promise<string> {
  const hash = createHash('sha256');
  for (const name of ['go.mod', 'go.sum']) hash.update(await readFile(join(MODULE_FOLDER, name)));
  return hash.update(toolchain).digest('hex').slice(0, 16);
}

/** Builds beside the cache and moves each finished program in: a rename is atomic, so that runs cannot disturb each other. */
async function buildAll(names: readonly BinaryName[], folder: string, options: FindOptions): Promise<GoAnswer> {
  await mkdir(folder, { recursive: true });
  const workFolder = await mkdtemp(join(folder, '.building-'));
  const guardian = startGuardian(workFolder);
  try {
    for (const [index, name] of names.entries()) {
      const built = await buildOne(name, `${index + 1} of ${names.length}`, workFolder, options);
      options.signal?.throwIfAborted();
      if (!built.ok) return { ok: false, message: `building ${name} failed:\n${built.message}` };
      await rename(join(workFolder, name), join(folder, name));
    }
    return { ok: true, stdout: '' };
  } finally {
    await rm(workFolder, { recursive: true, force: true, maxRetries: 5 });
    guardian.dismiss();
  }
}

async function buildOne(
  name: BinaryName,
  position: string,
  workFolder: string,
  options: FindOptions,
): Promise<GoAnswer> {
  const progress = options.progress ?? (() => undefined);
  const version = await kubernetesVersionOfModule();
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  progress(`building ${name} (${position}); only the first run does this, and it can take minutes`);
  const heartbeat = setInterval(() => {
    progress(`building ${name} (${position}): ${seconds()} s`);
  }, HEARTBEAT_MS);
  try {
    const built = await goBuild({
      packagePath: PACKAGES[name],
      output: join(workFolder, name),
      ldflags: versionFlags(version),
      moduleFolder: MODULE_FOLDER,
      workFolder,
      timeoutMs: BUILD_TIMEOUT_MS,
      signal: options.signal,
    });
    if (built.ok) progress(`built ${name} in ${seconds()} s`);
    return built;
  } finally {
    clearInterval(heartbeat);
  }
}

/** Without them the API server calls itself v0.0.0, and clients that compare versions fail. */
function versionFlags(version: string): string {
  const [major, minor] = version.slice(1).split('.');
  const values = [`gitVersion=${version}`, `gitMajor=${major!}`, `gitMinor=${minor!}`];
  return ['-s', '-w', ...values.flatMap((value) => ['-X', `k8s.io/component-base/version.${value}`])].join(' ');
}

function howToGet(names: readonly BinaryName[], fault: string): string {
  return [
    `The tests against a real control plane need ${names.join(', ')}, and cannot get them: ${fault.trim()}.`,
    'Either of these gives them:',
    '  - install Go (https://go.dev/dl/), then run the tests again: they build what they need once and keep it;',
    '  - set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager and kubectl.',
  ].join('\n');
}
