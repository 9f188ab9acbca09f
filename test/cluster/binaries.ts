import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type GoMod, type GoModule } from './go-module.ts';
import { goPrograms, isExecutable, type FindOptions, type NotFound, type Paths } from './go-programs.ts';

type BinaryName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager' | 'kubectl';
const NAMES: readonly BinaryName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'];

const MODULE: GoModule<BinaryName> = {
  name: 'control-plane',
  folder: join(import.meta.dirname, 'tools'),
  programs: {
    etcd: { package: 'go.etcd.io/etcd/server/v3' },
    'kube-apiserver': { package: 'k8s.io/kubernetes/cmd/kube-apiserver', variables: kubernetesVersion },
    'kube-controller-manager': {
      package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
      variables: kubernetesVersion,
    },
    kubectl: { package: 'k8s.io/kubernetes/cmd/kubectl', variables: kubernetesVersion },
  },
};

export interface ControlPlaneBinaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
  /** Of kube-apiserver, such as `v1.36.3`. */
  readonly kubernetesVersion: string;
}

export type FoundBinaries = { readonly ok: true; readonly binaries: ControlPlaneBinaries } | NotFound;

/** Finds the programs in `KUBEBUILDER_ASSETS`, else in the cache, else builds them into the cache. */
export async function findBinaries(options: FindOptions = {}): Promise<FoundBinaries> {
  const assets = (options.env ?? process.env)['KUBEBUILDER_ASSETS'] ?? '';
  const given = assets === '' ? {} : executablesIn(assets);
  const lacking = (['etcd', 'kube-apiserver', 'kubectl'] as const).filter((name) => given[name] === undefined);
  if (assets !== '' && lacking.length > 0) {
    const message = `KUBEBUILDER_ASSETS is "${assets}", but that folder has no ${lacking.join(', no ')}`;
    return { ok: false, reason: 'failed', message };
  }
  const rest = NAMES.filter((name) => given[name] === undefined);
  const built = rest.length === 0 ? { ok: true as const, paths: {} } : await goPrograms(MODULE, rest, options);
  if (built.ok) return withVersion({ ...given, ...built.paths } as Paths<BinaryName>);
  return built.reason === 'missing' ? { ...built, message: howToGet(rest, built.message) } : built;
}

function executablesIn(folder: string): Partial<Paths<BinaryName>> {
  const present = NAMES.filter((name) => isExecutable(join(folder, name)));
  return Object.fromEntries(present.map((name) => [name, join(folder, name)]));
}

async function withVersion(paths: Paths<BinaryName>): Promise<FoundBinaries> {
  const kubeApiserver = paths['kube-apiserver'];
  const { stdout } = await promisify(execFile)(kubeApiserver, ['--version'], { timeout: 30_000 });
  return {
    ok: true,
    binaries: {
      etcd: paths.etcd,
      kubeApiserver,
      kubeControllerManager: paths['kube-controller-manager'],
      kubectl: paths.kubectl,
      kubernetesVersion: stdout.trim().split(' ').at(-1) ?? '',
    },
  };
}

/** Without them the API server calls itself v0.0.0, and clients that compare versions fail. */
function kubernetesVersion(goMod: GoMod): Readonly<Record<string, string>> {
  const gitVersion = goMod.versionOf('k8s.io/kubernetes');
  const [gitMajor, gitMinor] = gitVersion.slice(1).split('.');
  const values = { gitVersion, gitMajor: gitMajor!, gitMinor: gitMinor! };
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
  );
}

function howToGet(names: readonly BinaryName[], fault: string): string {
  return [
    `The tests against a real control plane need ${names.join(', ')}, and cannot get them: ${fault.trim()}.`,
    'Either of these gives them:',
    '  - install Go (https://go.dev/dl/), then run the tests again: they build what they need once and keep it;',
    '  - set KUBEBUILDER_ASSETS to a folder with etcd, kube-apiserver, kube-controller-manager and kubectl.',
  ].join('\n');
}
