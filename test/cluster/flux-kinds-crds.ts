import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { type Cluster, type KubernetesObject } from './cluster.ts';
import { type InstalledCrds } from './flux-crds.ts';
import { go } from './go-toolchain.ts';
import { expectSuccess } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

/** The operator's module carries its own CRDs and the manifests of every release of Flux. */
const MODULE = 'github.com/controlplaneio-fluxcd/flux-operator@v0.58.1';

/**
 * Installs the CRDs of every kind of Flux, as a release of Flux serves them, and those of the operator. Where they cannot
 * be had, the answer says so, for the test to be skipped loudly; in CI that is a failure.
 */
export async function installFluxKinds(cluster: Cluster, release: string): Promise<InstalledCrds> {
  const module = await downloadModule();
  if (!module.ok) {
    if (process.env['CI'] === 'true') throw new Error(module.message);
    return module;
  }
  const folders = [join('config', 'data', 'flux', release), join('config', 'crd', 'bases')];
  const crds = (await Promise.all(folders.map((folder) => crdsIn(join(module.folder, folder))))).flat();
  // They are too large for the annotation of a client-side apply.
  expectSuccess(await cluster.apply(crds, { serverSide: true, args: ['--force-conflicts'] }));
  const names = crds.map(({ metadata }) => metadata.name ?? '');
  const wait = ['wait', '--for=condition=Established', '--timeout=60s'];
  expectSuccess(await cluster.kubectl([...wait, ...names.map((name) => `crd/${name}`)]));
  // Discovery follows a moment after the condition.
  const isServed = async (): Promise<boolean> =>
    (await cluster.kubectl(['get', names.join(','), '--all-namespaces', '--output=name'])).code === 0;
  await waitFor('the kinds of Flux to be served', isServed, { timeoutMs: 30_000 });
  return { ok: true };
}

/** A release's files hold Deployments and roles too. */
async function crdsIn(folder: string): Promise<readonly KubernetesObject[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml')).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as KubernetesObject | null))
    .flatMap((object) => (object?.kind === 'CustomResourceDefinition' ? [object] : []));
}

/** The folder of the module in Go's module cache. */
async function downloadModule(): Promise<
  { readonly ok: true; readonly folder: string } | { readonly ok: false; readonly message: string }
> {
  const args = ['mod', 'download', '-json', MODULE];
  // Outside of any module, so that no go.mod has a say.
  const answer = await go({ args, cwd: tmpdir(), env: { GO111MODULE: 'on', GOFLAGS: '' }, timeoutMs: 120_000 });
  if (!answer.ok) return { ok: false, message: `the CRDs of Flux cannot be had: ${answer.message.trim()}` };
  return { ok: true, folder: (JSON.parse(answer.stdout) as { readonly Dir: string }).Dir };
}
