import type { AuditReport } from '../../src/audit/audit-report.ts';
import type { ObjectSource } from '../../src/audit/ports.ts';
import type { ClusterEvidence, NamespaceEvidence } from '../../src/audit/posture/posture-evidence.ts';
import type { PostureJudge } from '../../src/audit/posture/posture-judge.ts';
import type { ScanInput } from '../../src/audit/scan-input.ts';
import { scan } from '../../src/audit/scan.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import type { PolicySet } from '../../src/policy/policy-set.ts';
import { shippedPolicySet } from './shipped-policies.ts';

/** Remembers what it was shown, and says nothing of it. */
export class RecordingPosture implements PostureJudge {
  readonly namespaces = new Map<string, NamespaceEvidence>();
  cluster: ClusterEvidence | undefined;

  configMaps() {
    return [{ namespace: 'kube-system', name: 'cilium-config' }];
  }

  ofNamespace(evidence: NamespaceEvidence) {
    this.namespaces.set(evidence.namespace.name, evidence);
    return { namespace: evidence.namespace.name, layers: [] };
  }

  ofTenant(tenant: string, namespaces: Parameters<PostureJudge['ofTenant']>[1]) {
    return { tenant, layers: [], namespaces: [...namespaces] };
  }

  ofCluster(evidence: ClusterEvidence) {
    this.cluster = evidence;
    return [];
  }
}

const read = createObjectReader();

/** Scans what a source has, by the policies that ship unless others are given. */
export async function scanned(
  source: ObjectSource,
  {
    policySet = shippedPolicySet(),
    posture = new RecordingPosture(),
    ...rest
  }: Partial<ScanInput> & { readonly policySet?: PolicySet } = {},
): Promise<AuditReport> {
  return scan({
    source,
    policySet,
    read,
    posture,
    now: () => new Date('2026-06-01T12:00:00Z'),
    pace: { pause: () => undefined },
    signal: new AbortController().signal,
    ...rest,
  });
}
