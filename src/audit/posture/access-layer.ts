import type { LayerPosture } from '../audit-report.ts';
import { layerOf } from './finding.ts';
import { layerRules } from './layer-rules.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

/** Whether roles and bindings of the namespace give power beyond the tenant, or to others. */
export function accessLayer(evidence: NamespaceEvidence): LayerPosture {
  const isUsed = layerRules.access.kinds.some((kind) => evidence.present.has(kind));
  const whenInPlace = isUsed
    ? 'Roles and RoleBindings stay inside the tenant and give away no power over the cluster'
    : 'no Role and no RoleBinding';
  return layerOf('access', ruleFindings(evidence, 'access'), whenInPlace);
}
