import { type Cluster } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { installModuleCrds, type InstalledCrds } from './module-crds.ts';

/** Installs the CRDs of both report APIs, each from a module that ships them. */
export function installReportCrds(cluster: Cluster): Promise<InstalledCrds> {
  return installModuleCrds(cluster, [
    { module: 'github.com/kyverno/kyverno@v1.15.2', folder: 'config/crds/policyreport' },
    { module: 'github.com/openreports/reports-api@v0.2.1', folder: 'config/crd' },
  ]);
}

/** Takes them away with every report: what one file has had reported is not for those that follow. */
export async function removeReportCrds(cluster: Cluster): Promise<void> {
  const names = ['policyreports.wgpolicyk8s.io', 'clusterpolicyreports.wgpolicyk8s.io'];
  const more = ['reports.openreports.io', 'clusterreports.openreports.io'];
  expectSuccess(await cluster.kubectl(['delete', 'crd', '--ignore-not-found', ...names, ...more]));
}
