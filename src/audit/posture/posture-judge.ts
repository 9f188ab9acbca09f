import type { JsonObject } from '../../algebra/json-object.ts';
import type { Tenancy } from '../../tenancy/tenancy.ts';
import type { ClusterLayerPosture, NamespacePosture, TenantPosture } from '../audit-report.ts';
import { postureOfCluster } from './cluster-posture.ts';
import { postureOfNamespace, postureOfTenant } from './namespace-posture.ts';
import { enforcementConfigMaps } from './network-enforcement-layer.ts';
import type { ClusterEvidence, NamespaceEvidence } from './posture-evidence.ts';

/** What posture is told by: pure functions of what a scan saw. */
export interface PostureJudge {
  ofNamespace(evidence: NamespaceEvidence): NamespacePosture;
  ofTenant(tenant: string, namespaces: readonly NamespacePosture[]): TenantPosture;
  ofCluster(evidence: ClusterEvidence): readonly ClusterLayerPosture[];
  /** ConfigMaps that the layers of the cluster rest on, beside these DaemonSets. */
  configMaps(daemonSets: readonly JsonObject[]): readonly { readonly namespace: string; readonly name: string }[];
}

/** Every layer of every namespace, tenant and cluster. */
export function postureJudge(tenancy: Tenancy): PostureJudge {
  return {
    ofNamespace: postureOfNamespace,
    ofTenant: postureOfTenant,
    ofCluster: (evidence) => postureOfCluster(evidence, tenancy),
    configMaps: enforcementConfigMaps,
  };
}
