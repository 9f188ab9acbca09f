import { postureOfCluster } from '../audit/posture/cluster-posture.ts';
import { postureOfNamespace, postureOfTenant } from '../audit/posture/namespace-posture.ts';
import { enforcementConfigMaps } from '../audit/posture/network-enforcement-layer.ts';
import type { PostureJudge } from '../audit/scan-input.ts';

/** The layers of isolation, as a scan asks for them. */
export const auditPosture: PostureJudge = {
  ofNamespace: postureOfNamespace,
  ofTenant: postureOfTenant,
  ofCluster: postureOfCluster,
  configMapsFor: enforcementConfigMaps,
};
