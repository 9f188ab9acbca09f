import type { LayerPosture } from '../audit-report.ts';
import { layerOf } from './finding.ts';
import { layerRules } from './layer-rules.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

/** Whether Flux applies what is in the namespace as the tenant, and from and to the tenant alone. */
export function fluxLayer(evidence: NamespaceEvidence): LayerPosture {
  const isUsed = layerRules.flux.kinds.some((kind) => evidence.present.has(kind));
  const whenInPlace = isUsed
    ? 'Flux objects name a service account and refer to their own tenant alone'
    : 'no Flux objects';
  return layerOf('flux', ruleFindings(evidence, 'flux'), whenInPlace);
}
