import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { type ServerLauncher } from '../cluster/tenantgate.ts';
import { type ImageSession } from './image-session.ts';
import { outputOf } from './output-of.ts';

export interface ContainerOptions {
  /** In place of the image's command. */
  readonly args?: readonly string[];
  /** In place of the image's entrypoint. */
  readonly entrypoint?: readonly string[];
  /** A folder that the container sees at the same path, read-only. */
  readonly mount?: string;
  /** False where the image's own permissions are to be seen; a cluster runs it with true. */
  readonly isRootReadOnly?: boolean;
}

/** A container that runs. */
export interface Container {
  /** Signals to this process reach process 1 of the container, and its exit code is that of process 1. */
  readonly process: ChildProcess;
  /** Process 1, as the host numbers it. */
  hostPid(): Promise<number>;
}

export interface ContainerEnding {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

const COMMAND_MS = 60_000;
const USER = 65_532;
const READ_ONLY = { type: 'bind', options: ['bind', 'ro', 'nosuid', 'nodev'] };

/** Runs a command in the image to its end. */
export async function runInImage(image: ImageSession, options: ContainerOptions): Promise<ContainerEnding> {
  const { process: child } = await startContainer(image, options, ['ignore', 'pipe', 'pipe']);
  const timer = setTimeout(() => {
    child.kill('SIGTERM');
  }, COMMAND_MS);
  const ended = once(child, 'exit');
  const [output, errors] = await Promise.all([text(child.stdout!), text(child.stderr!)]);
  const [code] = (await ended) as [number | null];
  clearTimeout(timer);
  return { code, output, errors };
}

/** Starts the server in the image, with its folder mounted and given to the image's user, as the kubelet does with `fsGroup`. */
export function launchInImage(image: ImageSession): ServerLauncher {
  return async ({ args, folder, output }) => {
    for (const path of [folder, ...(await readdir(folder)).map((name) => join(folder, name))]) {
      await chown(path, USER, USER);
    }
    const { process: child } = await startContainer(image, { args, mount: folder }, ['ignore', output, output]);
    return child;
  };
}

/**
 * Starts a container as a restricted pod would be: the image's user, no capability, no new privileges, read-only root, and
 * nothing writable anywhere. It shares the network of the host, on whose loopback the API server is.
 */
export async function startContainer(
  image: ImageSession,
  options: ContainerOptions,
  stdio: StdioOptions,
): Promise<Container> {
  const bundle = await mkdtemp(join(image.folder, 'bundle-'));
  await writeFile(join(bundle, 'config.json'), JSON.stringify(runtimeConfiguration(image, options)));
  const id = `tenantgate-${randomUUID()}`;
  const state = ['--root', join(image.folder, 'containers')];
  const child = spawn('runc', [...state, 'run', '--bundle', bundle, id], { stdio });
  // Whatever becomes of the test, the container does not outlive it.
  const remove = (): void => void spawnSync('runc', [...state, 'delete', '--force', id]);
  process.once('exit', remove);
  child.once('exit', () => process.off('exit', remove));
  await once(child, 'spawn');
  return {
    process: child,
    hostPid: async () => {
      const told = await outputOf('runc', [...state, 'state', id], { timeoutMs: COMMAND_MS });
      return (JSON.parse(told) as { readonly pid: number }).pid;
    },
  };
}

/** https://github.com/opencontainers/runtime-spec/blob/main/config.md */
function runtimeConfiguration(
  { runRoot, description: { config } }: ImageSession,
  { args = config.Cmd, entrypoint = config.Entrypoint, mount, isRootReadOnly = true }: ContainerOptions,
): object {
  const [uid, gid] = config.User.split(':').map(Number);
  // Every runtime gives a container its hosts.
  const binds = ['/etc/hosts', ...(mount === undefined ? [] : [mount])];
  return {
    ociVersion: '1.0.2',
    root: { path: runRoot, readonly: isRootReadOnly },
    process: {
      user: { uid, gid },
      args: [...entrypoint, ...args],
      env: config.Env,
      cwd: config.WorkingDir,
      capabilities: {},
      noNewPrivileges: true,
    },
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'mode=755', 'size=64k'] },
      ...binds.map((path) => ({ ...READ_ONLY, source: path, destination: path })),
    ],
    linux: {
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      maskedPaths: ['/proc/kcore', '/proc/keys', '/proc/timer_list'],
      readonlyPaths: ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'],
    },
  };
}

/** Ends containers that a test file left when it was ended itself. */
export async function removeContainers(folder: string): Promise<void> {
  const state = ['--root', join(folder, 'containers')];
  const ids = await outputOf('runc', [...state, 'list', '--quiet'], { timeoutMs: COMMAND_MS }).catch(() => '');
  for (const id of ids.split('\n').filter((line) => line !== '')) {
    await outputOf('runc', [...state, 'delete', '--force', id], { timeoutMs: COMMAND_MS });
  }
}
