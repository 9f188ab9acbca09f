import type { Tenancy } from '../../tenancy/tenancy.ts';
import type { ClusterLayerPosture } from '../audit-report.ts';
import { fluxControllersLayer } from './flux-controllers-layer.ts';
import { networkEnforcementLayer } from './network-enforcement-layer.ts';
import type { ClusterEvidence } from './posture-evidence.ts';

/** The layers that all tenants of a cluster share. */
export function postureOfCluster(evidence: ClusterEvidence, tenancy: Tenancy): readonly ClusterLayerPosture[] {
  return [fluxControllersLayer(evidence), networkEnforcementLayer(evidence, tenancy)];
}
