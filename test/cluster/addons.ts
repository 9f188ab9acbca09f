import { join } from 'node:path';
import { type GoModule } from './go-module.ts';
import { goPrograms, type FindOptions, type NotFound } from './go-programs.ts';

type AddonName = 'helm' | 'kustomize-controller' | 'cert-manager-controller' | 'cert-manager-cainjector';

const CERT_MANAGER = 'github.com/cert-manager/cert-manager';
const HELM = 'helm.sh/helm/v4';

const MODULE: GoModule<AddonName> = {
  name: 'addons',
  folder: join(import.meta.dirname, 'addons'),
  programs: {
    helm: {
      package: `${HELM}/cmd/helm`,
      variables: (goMod) => ({ [`${HELM}/internal/version.version`]: goMod.versionOf(HELM) }),
    },
    'kustomize-controller': { package: 'github.com/fluxcd/kustomize-controller' },
    'cert-manager-controller': certManager('controller'),
    'cert-manager-cainjector': certManager('cainjector'),
  },
};

/** Programs that real clusters have beside the control plane, and that a test starts when it is about them. */
export interface Addons {
  readonly helm: string;
  readonly kustomizeController: string;
  readonly certManagerController: string;
  readonly certManagerCainjector: string;
}

export type FoundAddons = { readonly ok: true; readonly addons: Addons } | NotFound;

/** Finds the programs in the cache, else builds them into the cache. */
export async function findAddons(options: FindOptions = {}): Promise<FoundAddons> {
  const names = Object.keys(MODULE.programs) as readonly AddonName[];
  const found = await goPrograms(MODULE, names, options);
  if (!found.ok) {
    return found.reason === 'missing' ? { ...found, message: howToGet(names, found.message) } : found;
  }
  return {
    ok: true,
    addons: {
      helm: found.paths.helm,
      kustomizeController: found.paths['kustomize-controller'],
      certManagerController: found.paths['cert-manager-controller'],
      certManagerCainjector: found.paths['cert-manager-cainjector'],
    },
  };
}

/** The folder whose go.mod says which version of an addon is used, for those who need more of it than its program. */
export const addonsModuleFolder = MODULE.folder;

function certManager(component: 'controller' | 'cainjector'): GoModule<AddonName>['programs'][AddonName] {
  return {
    package: `./cert-manager-${component}`,
    variables: (goMod) => ({ [`${CERT_MANAGER}/pkg/util.AppVersion`]: goMod.versionOf(CERT_MANAGER) }),
  };
}

function howToGet(names: readonly AddonName[], fault: string): string {
  return [
    `The tests with Helm, Flux and cert-manager need ${names.join(', ')}, and cannot get them: ${fault.trim()}.`,
    'Install Go (https://go.dev/dl/), then run the tests again: they build what they need once and keep it.',
  ].join('\n');
}
