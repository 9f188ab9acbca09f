import { quote } from '../../algebra/fault.ts';
import { isLevel, levelLabel, versionLabel } from '../../policy/pod-security/enforced-standard.ts';
import { isVersion } from '../../policy/pod-security/version.ts';
import type { LayerPosture } from '../audit-report.ts';
import { layerOf, namespaceReference, type Finding } from './finding.ts';
import { labelField } from './labels-layer.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

const levelRule = 'namespaces/pod-security-level';

/** Whether the API server enforces a Pod Security level, and the pods that are there keep to it. */
export function podSecurityLayer(evidence: NamespaceEvidence): LayerPosture {
  const level = valueOf(evidence, levelLabel) ?? 'none';
  const findings = [...labelFindings(evidence), ...ruleFindings(evidence, 'pod-security')];
  return layerOf('pod-security', findings, `${levelLabel} is ${quote(level)}`);
}

/** Where the operator has exempted the namespace from the level, what the labels say is told by that result alone. */
function labelFindings(evidence: NamespaceEvidence): readonly Finding[] {
  const isExempt = evidence.results.some(({ rule, exemption }) => rule === levelRule && exemption !== undefined);
  return isExempt ? [] : [...levelFindings(evidence), ...versionFindings(evidence)];
}

function levelFindings(evidence: NamespaceEvidence): readonly Finding[] {
  const value = valueOf(evidence, levelLabel);
  if (isLevel(value) && value !== 'privileged') return [];
  const fix = labelCommand(evidence, levelLabel, 'baseline');
  const where = placeOf(evidence, levelLabel);
  if (value === undefined) {
    return [{ ...where, state: 'missing', message: 'is missing, so the API server enforces no level', fix }];
  }
  const message =
    value === 'privileged'
      ? '"privileged" enforces nothing'
      : `${quote(value)} is no level of the Pod Security Standards; the API server takes it for "restricted"`;
  return [{ ...where, state: 'drifted', message, fix }];
}

/** A version that is pinned is a choice: it is told, since controls that came later do not hold. */
function versionFindings(evidence: NamespaceEvidence): readonly Finding[] {
  const value = valueOf(evidence, versionLabel);
  if (value === undefined || value === 'latest') return [];
  const where = placeOf(evidence, versionLabel);
  if (isVersion(value)) return [{ ...where, state: 'in-place', message: `the level is pinned to ${quote(value)}` }];
  const message = `${quote(value)} is no version of the Pod Security Standards; the API server takes it for the latest`;
  return [{ ...where, state: 'drifted', message, fix: labelCommand(evidence, versionLabel, 'latest') }];
}

function valueOf({ namespace }: NamespaceEvidence, key: string): string | undefined {
  return Object.hasOwn(namespace.labels, key) ? namespace.labels[key] : undefined;
}

function placeOf({ namespace, namespaceWrittenAt }: NamespaceEvidence, key: string) {
  return { object: namespaceReference(namespace.name, namespaceWrittenAt), field: labelField(key) };
}

function labelCommand({ namespace }: NamespaceEvidence, key: string, value: string): string {
  return `kubectl label --overwrite namespace ${namespace.name} ${key}=${value}`;
}
