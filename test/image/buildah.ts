import { join } from 'node:path';

import { outputOf } from './output-of.ts';

/** Names of the images in a store of our own. */
export const images = {
  build: 'localhost/tenantgate-build-base',
  runtime: 'localhost/tenantgate-runtime-base',
  tenantgate: 'localhost/tenantgate',
} as const;

/** buildah on a store of its own, which goes with its folder; nothing of the machine's images is touched. */
export type Buildah = (args: readonly string[]) => Promise<string>;

const BUILDAH_MS = 20 * 60 * 1000;

/**
 * Plain copies as storage and a chroot as isolation: that works as root inside containers and virtual machines too, where
 * overlays and namespaces may not be had.
 */
export function buildahIn(folder: string, signal?: AbortSignal): Buildah {
  const store = [
    '--root',
    join(folder, 'storage'),
    '--runroot',
    join(folder, 'storage-run'),
    '--storage-driver',
    'vfs',
  ];
  const env = { ...process.env, BUILDAH_ISOLATION: 'chroot' };
  return (args) => outputOf('buildah', [...store, ...args], { timeoutMs: BUILDAH_MS, env, signal });
}
