import { clusterLayers, namespaceLayers } from '../audit/audit-report.ts';
import type { PostureJudge } from '../audit/scan-input.ts';

const evidence = [{ message: 'is not judged yet' }];

/** Says of every layer that it is not known. */
export function auditPosture(): PostureJudge {
  const layers = namespaceLayers.map((layer) => ({ layer, state: 'unknown' as const, evidence }));
  return {
    configMaps: [],
    ofNamespace: ({ namespace }) => ({ namespace: namespace.name, layers }),
    ofTenant: (tenant, namespaces) => ({ tenant, layers, namespaces: [...namespaces] }),
    ofCluster: () => clusterLayers.map((layer) => ({ layer, state: 'unknown' as const, evidence })),
  };
}
