import { type Cluster } from './cluster.ts';
import { installModuleCrds, type InstalledCrds } from './module-crds.ts';

/** Installs the CRDs of both report APIs, each from a module that ships them. */
export function installReportCrds(cluster: Cluster): Promise<InstalledCrds> {
  return installModuleCrds(cluster, [
    { module: 'github.com/kyverno/kyverno@v1.15.2', folder: 'config/crds/policyreport' },
    { module: 'github.com/openreports/reports-api@v0.2.1', folder: 'config/crd' },
  ]);
}
