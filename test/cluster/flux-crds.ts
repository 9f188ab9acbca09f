import { type Cluster } from './cluster.ts';
import { installModuleCrds, type InstalledCrds } from './module-crds.ts';

const folder = 'config/crd/bases';

/** Installs Kustomization, HelmRelease and the kinds of sources. */
export function installFluxCrds(cluster: Cluster): Promise<InstalledCrds> {
  return installModuleCrds(cluster, [
    { module: 'github.com/fluxcd/kustomize-controller', folder },
    { module: 'github.com/fluxcd/source-controller@v1.9.5', folder },
    { module: 'github.com/fluxcd/helm-controller@v1.6.0', folder },
  ]);
}
