import { mkdir, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Api } from './api.ts';
import { type Items, type Pod, type Volume } from './pod.ts';

interface Source {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

export interface PodVolumesOptions {
  readonly api: Api;
  readonly namespace: string;
  readonly folder: string;
  readonly pod: Pod;
  /** How long after a change it is written; what a pod starts with is there at once. */
  readonly mountLagMs: number;
}

/** The volumes of one pod as folders. Files lie behind the link `..data`, which is swapped as the kubelet does it. */
export class PodVolumes {
  readonly #api: Api;
  readonly #namespace: string;
  readonly #folder: string;
  readonly #volumes: readonly Volume[];
  readonly #lagMs: number;
  readonly #written = new Map<string, string>();
  /** When a change was first seen, by folder. */
  readonly #seenMs = new Map<string, number>();

  constructor({ api, namespace, folder, pod, mountLagMs }: PodVolumesOptions) {
    this.#api = api;
    this.#namespace = namespace;
    this.#folder = folder;
    this.#volumes = pod.spec.volumes ?? [];
    this.#lagMs = mountLagMs;
  }

  pathOf(volume: string): string {
    return join(this.#folder, volume);
  }

  /** Writes what is new. False while something that is to be mounted is not there or has not all its keys. */
  async refresh(): Promise<boolean> {
    const done = await Promise.all(this.#volumes.map((volume) => this.#refreshOne(volume)));
    return done.every(Boolean);
  }

  async #refreshOne({ name, configMap, secret }: Volume): Promise<boolean> {
    const folder = this.pathOf(name);
    if (configMap !== undefined) return this.#mount(folder, `configmaps/${configMap.name}`, configMap.items, 'utf8');
    if (secret !== undefined) return this.#mount(folder, `secrets/${secret.secretName}`, secret.items, 'base64');
    await mkdir(folder, { recursive: true });
    return true;
  }

  async #mount(folder: string, source: string, items: Items['items'], encoding: BufferEncoding): Promise<boolean> {
    const answer = await this.#api.call('GET', `/api/v1/namespaces/${this.#namespace}/${source}`);
    if (answer.status !== 200) return false;
    const { metadata, data = {} } = answer.body as Source;
    if (this.#written.get(folder) === metadata.resourceVersion) return true;
    const wanted = items ?? Object.keys(data).map((key) => ({ key, path: key }));
    if (wanted.some(({ key }) => data[key] === undefined)) return this.#written.has(folder);
    if (this.#written.has(folder) && this.#isTooSoon(folder)) return true;
    const files = wanted.map(({ key, path }) => ({ path, content: Buffer.from(data[key]!, encoding) }));
    await swap(folder, metadata.resourceVersion, files);
    this.#written.set(folder, metadata.resourceVersion);
    this.#seenMs.delete(folder);
    return true;
  }

  #isTooSoon(folder: string): boolean {
    const seenMs = this.#seenMs.get(folder) ?? Date.now();
    this.#seenMs.set(folder, seenMs);
    return Date.now() - seenMs < this.#lagMs;
  }
}

/** Writes the files into a new folder, and then points `..data` at it: a rename, so that no reader sees half of it. */
async function swap(
  folder: string,
  version: string,
  files: readonly { readonly path: string; readonly content: Buffer }[],
): Promise<void> {
  const [data, next] = [join(folder, '..data'), `..version-${version}`];
  const old = await readlink(data).catch(() => undefined);
  for (const { path, content } of files) {
    const file = join(folder, next, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o600 });
    await symlink(join('..data', path), join(folder, path)).catch(() => undefined);
  }
  await symlink(next, `${data}-next`);
  await rename(`${data}-next`, data);
  if (old !== undefined) await rm(join(folder, old), { recursive: true, force: true });
}
