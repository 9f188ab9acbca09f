import type { LayerPosture } from '../audit-report.ts';
import { layerOf } from './finding.ts';
import { layerRules } from './layer-rules.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

/** Whether what policies, Services and routes open is inside the tenant or an approved flow. */
export function networkFlowsLayer(evidence: NamespaceEvidence): LayerPosture {
  const isUsed = layerRules['network-flows'].kinds.some((kind) => evidence.present.has(kind));
  const whenInPlace = isUsed
    ? 'what policies, Services and routes open is inside the tenant or an approved flow'
    : 'no policies, Services or routes, so nothing is opened by any';
  return layerOf('network-flows', ruleFindings(evidence, 'network-flows'), whenInPlace);
}
