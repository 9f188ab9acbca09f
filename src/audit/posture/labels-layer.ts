import { yamlScalar } from '../../policy/yaml-snippet.ts';
import { tenantLabelOf } from '../../tenancy/owner.ts';
import { isReservedLabel } from '../../tenancy/tenancy.ts';
import type { LayerPosture } from '../audit-report.ts';
import { layerOf, namespaceReference, type Finding } from './finding.ts';
import type { NamespaceEvidence } from './posture-evidence.ts';
import { ruleFindings } from './rule-findings.ts';

/** Whether the namespace carries the label by which it is its tenant's, and what other labels that prove something. */
export function labelsLayer(evidence: NamespaceEvidence): LayerPosture {
  const { tenancy, tenant } = evidence;
  const findings = [
    ...tenantLabelFindings(evidence),
    ...reservedFindings(evidence),
    ...ruleFindings(evidence, 'labels'),
  ];
  return layerOf('labels', findings, `${tenancy.tenantLabel} is ${JSON.stringify(tenant)}`);
}

function tenantLabelFindings({
  tenancy,
  tenant,
  namespace,
  namespaceWrittenAt,
}: NamespaceEvidence): readonly Finding[] {
  const label = tenantLabelOf(tenancy, namespace.labels);
  if (label === tenant) return [];
  return [
    {
      state: label === undefined ? 'missing' : 'drifted',
      object: namespaceReference(namespace.name, namespaceWrittenAt),
      field: labelField(tenancy.tenantLabel),
      message:
        label === undefined ? 'names no tenant' : `names ${JSON.stringify(label)}, not ${JSON.stringify(tenant)}`,
      fix: `kubectl label --overwrite namespace ${namespace.name} ${tenancy.tenantLabel}=${yamlScalar(tenant)}`,
    },
  ];
}

/** Who set a label is not stored: which there are is told, so that somebody can look. */
function reservedFindings({ tenancy, namespace, namespaceWrittenAt }: NamespaceEvidence): readonly Finding[] {
  return Object.entries(namespace.labels)
    .filter(([key]) => key !== tenancy.tenantLabel && isReservedLabel(tenancy, key))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({
      state: 'in-place',
      object: namespaceReference(namespace.name, namespaceWrittenAt),
      field: labelField(key),
      message: `is ${JSON.stringify(value)}, which only the platform may set`,
    }));
}

/** The path of a label. */
export function labelField(key: string): string {
  return `metadata.labels[${JSON.stringify(key)}]`;
}
