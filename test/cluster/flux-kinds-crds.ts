import { type Cluster } from './cluster.ts';
import { installModuleCrds, type InstalledCrds } from './module-crds.ts';

/** The operator's module carries its own CRDs and the manifests of every release of Flux. */
const module = 'github.com/controlplaneio-fluxcd/flux-operator@v0.58.1';

/** Installs the CRDs of every kind of Flux, as a release of Flux serves them, such as `v2.9.4`, and those of the operator. */
export function installFluxKinds(cluster: Cluster, release: string): Promise<InstalledCrds> {
  return installModuleCrds(cluster, [
    { module, folder: `config/data/flux/${release}` },
    { module, folder: 'config/crd/bases' },
  ]);
}
