import type { DecisionRecord } from '../../src/admission/telemetry-ports.ts';

/** An allowed decision; tests name what differs. */
export function decisionRecord(difference: Partial<DecisionRecord> = {}): DecisionRecord {
  return {
    uid: '705ab4f5-6393-11e8-b7cc-42010a800002',
    path: 'validate',
    outcome: 'allowed',
    violations: [],
    wouldDeny: [],
    mode: 'enforce',
    kind: 'networking.k8s.io/v1/NetworkPolicy',
    resource: 'networkpolicies',
    subresource: '',
    operation: 'CREATE',
    namespace: 'acme-web',
    name: 'allow-dns',
    user: 'system:serviceaccount:acme-web:deployer',
    dryRun: false,
    durationUs: 120,
    policyHash: 'sha256:0a1b',
    ...difference,
  };
}
