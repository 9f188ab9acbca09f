import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { addonsModuleFolder } from './addons.ts';
import { type Cluster, type KubernetesObject } from './cluster.ts';
import { go } from './go-toolchain.ts';
import { expectSuccess } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

/** CRDs as a Go module ships them. They are read from Go's module cache at test time, and never copied. */
export interface CrdModule {
  /** With a version, such as `example.com/module@v1.2.3`, where the addons do not build on the module. */
  readonly module: string;
  readonly folder: string;
}

export type InstalledCrds = { readonly ok: true } | { readonly ok: false; readonly message: string };

/**
 * Installs all CRDs of the modules and waits until their kinds are served. Where they cannot be had, the answer says so, for
 * the test to be skipped loudly; in CI that is a failure.
 */
export async function installModuleCrds(cluster: Cluster, modules: readonly CrdModule[]): Promise<InstalledCrds> {
  const downloads = await Promise.all(modules.map(readCrds));
  const faults = downloads.filter((download) => !download.ok).map(({ message }) => message);
  if (faults.length > 0) {
    const message = `CRDs cannot be had:\n${faults.join('\n')}`;
    if (process.env['CI'] === 'true') throw new Error(message);
    return { ok: false, message };
  }
  const crds = downloads.flatMap((download) => (download.ok ? download.crds : []));
  // They are too large for the annotation of a client-side apply.
  expectSuccess(await cluster.apply(crds, { serverSide: true }));
  const names = crds.map(({ metadata }) => metadata.name ?? '');
  const targets = names.map((name) => `crd/${name}`);
  expectSuccess(await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...targets]));
  // Discovery follows a moment after the condition.
  const areServed = async (): Promise<boolean> =>
    (await cluster.kubectl(['get', names.join(','), '--all-namespaces', '--output=name'])).code === 0;
  await waitFor('the kinds of the CRDs to be served', areServed, { timeoutMs: 20_000 });
  return { ok: true };
}

type Download =
  { readonly ok: true; readonly crds: readonly KubernetesObject[] } | { readonly ok: false; readonly message: string };

async function readCrds({ module, folder }: CrdModule): Promise<Download> {
  const args = ['mod', 'download', '-json', module];
  const answer = await go({
    args,
    cwd: addonsModuleFolder,
    env: { GO111MODULE: 'on', GOFLAGS: '' },
    timeoutMs: 120_000,
  });
  if (!answer.ok) return { ok: false, message: `${module}: ${answer.message.trim()}` };
  const path = join((JSON.parse(answer.stdout) as { readonly Dir: string }).Dir, folder);
  const files = (await readdir(path)).filter((name) => name.endsWith('.yaml'));
  const texts = await Promise.all(files.sort().map((name) => readFile(join(path, name), 'utf8')));
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as unknown));
  return { ok: true, crds: objects.filter(isCrd) };
}

function isCrd(object: unknown): object is KubernetesObject {
  return (
    typeof object === 'object' && object !== null && 'kind' in object && object.kind === 'CustomResourceDefinition'
  );
}
