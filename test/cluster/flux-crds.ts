import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Cluster } from './cluster.ts';
import { go } from './go-toolchain.ts';
import { expectSuccess } from './kubectl.ts';
import { waitFor } from './wait-for.ts';

interface CrdSource {
  readonly module: string;
  readonly version: string;
  /** In `config/crd/bases` of the module, and the name in the corpora. */
  readonly file: string;
  readonly crd: string;
}

const SOURCES: readonly CrdSource[] = [
  {
    module: 'github.com/fluxcd/kustomize-controller',
    version: 'v1.9.5',
    file: 'kustomize.toolkit.fluxcd.io_kustomizations.yaml',
    crd: 'kustomizations.kustomize.toolkit.fluxcd.io',
  },
  {
    module: 'github.com/fluxcd/helm-controller',
    version: 'v1.6.0',
    file: 'helm.toolkit.fluxcd.io_helmreleases.yaml',
    crd: 'helmreleases.helm.toolkit.fluxcd.io',
  },
];

/** Where no module proxy is reached, the corpora beside the repository may still have the files. */
const CORPORA = join(import.meta.dirname, '..', '..', '..', 'shared', 'corpora', 'flux', 'crds');

export type InstalledCrds = { readonly ok: true } | { readonly ok: false; readonly message: string };

/**
 * Installs the CRDs of Kustomization and HelmRelease. Where they cannot be had, the answer says so, for the test to be
 * skipped loudly; in CI that is a failure.
 */
export async function installFluxCrds(cluster: Cluster): Promise<InstalledCrds> {
  const manifests = await Promise.all(SOURCES.map(readCrd));
  const absent = manifests.filter((manifest) => !manifest.ok).map(({ text }) => text);
  if (absent.length > 0) {
    const message = `the CRDs of Flux cannot be had:\n${absent.join('\n')}`;
    if (process.env['CI'] === 'true') throw new Error(message);
    return { ok: false, message };
  }
  // They are too large for the annotation of a client-side apply.
  const yaml = manifests.map(({ text }) => text).join('\n---\n');
  expectSuccess(await cluster.apply(yaml, { serverSide: true }));
  const crds = SOURCES.map(({ crd }) => `crd/${crd}`);
  expectSuccess(await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...crds]));
  const kinds = SOURCES.map(({ crd }) => crd).join(',');
  // Discovery follows a moment after the condition.
  const isServed = async (): Promise<boolean> =>
    (await cluster.kubectl(['get', kinds, '--all-namespaces', '--output=name'])).code === 0;
  await waitFor('the kinds of Flux to be served', isServed, { timeoutMs: 20_000 });
  return { ok: true };
}

async function readCrd(source: CrdSource): Promise<{ readonly ok: boolean; readonly text: string }> {
  const module = await downloadModule(source);
  const path = module.ok ? join(module.text, 'config', 'crd', 'bases', source.file) : join(CORPORA, source.file);
  try {
    return { ok: true, text: await readFile(path, 'utf8') };
  } catch (error) {
    const reasons = [...(module.ok ? [] : [module.text]), (error as Error).message];
    return { ok: false, text: `${source.file}: ${reasons.join('; ')}` };
  }
}

/** The folder of the module in Go's module cache. */
async function downloadModule({
  module,
  version,
}: CrdSource): Promise<{ readonly ok: boolean; readonly text: string }> {
  const args = ['mod', 'download', '-json', `${module}@${version}`];
  // Outside of any module, so that no go.mod has a say.
  const answer = await go({ args, cwd: tmpdir(), env: { GO111MODULE: 'on', GOFLAGS: '' }, timeoutMs: 120_000 });
  if (!answer.ok) return { ok: false, text: answer.message.trim() };
  return { ok: true, text: (JSON.parse(answer.stdout) as { readonly Dir: string }).Dir };
}
