import type { AuditResult, LayerPosture, NamespaceLayer } from '../../src/audit/audit-report.ts';
import { layerRules } from '../../src/audit/posture/layer-rules.ts';
import { postureOfNamespace } from '../../src/audit/posture/namespace-posture.ts';
import type { ClusterEvidence, NamespaceEvidence } from '../../src/audit/posture/posture-evidence.ts';
import type { JsonObject } from '../../src/algebra/json-object.ts';
import type { NetworkPolicy } from '../../src/policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../../src/policy/objects/quota.ts';
import { shippedPolicySet } from './shipped-policies.ts';

export const { tenancy } = shippedPolicySet();

/** A policy of acme-dev as it is stored. */
export function policy(spec: object, name = 'deny', metadata: object = {}): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace: 'acme-dev', ...metadata },
    spec,
  };
}

export const denyAll = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });

export function quota(hard: JsonObject, spec: object = {}): ResourceQuota {
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name: 'all' }, spec: { hard, ...spec } };
}

export function limits(item: JsonObject): LimitRange {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: 'usual' },
    spec: { limits: [{ type: 'Container', ...item }] },
  };
}

/** Every rule that a layer needs, for every kind that it judges. */
export const everyRule: NamespaceEvidence['inForce'] = new Map(
  Object.values(layerRules).flatMap(({ needed }) =>
    Object.entries(needed).map(([rule, judged]) => [rule, new Set(judged)] as const),
  ),
);

/** A namespace in which every layer is in place, until a test changes it. */
export function namespaceEvidence(over: Partial<NamespaceEvidence> = {}): NamespaceEvidence {
  return {
    tenancy,
    tenant: 'acme',
    namespace: {
      name: 'acme-dev',
      labels: { 'tenantgate.dev/tenant': 'acme', 'pod-security.kubernetes.io/enforce': 'baseline' },
    },
    networkPolicies: [denyAll],
    pods: [],
    podTemplates: [],
    resourceQuotas: [quota({ 'requests.cpu': '4', 'limits.memory': '8Gi', pods: '20' })],
    limitRanges: [limits({ default: { cpu: '1' }, max: { memory: '1Gi' } })],
    inForce: everyRule,
    results: [],
    unread: new Set(),
    present: new Set(['Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange']),
    ...over,
  };
}

/** The same with other labels beside the tenant's. */
export function labelled(labels: Readonly<Record<string, string>>, over: Partial<NamespaceEvidence> = {}) {
  return namespaceEvidence({
    namespace: { name: 'acme-dev', labels: { 'tenantgate.dev/tenant': 'acme', ...labels } },
    ...over,
  });
}

/** A violation of a Pod, until a test makes another of it. */
export function result(rule: string, over: Partial<AuditResult> = {}): AuditResult {
  return {
    rule,
    severity: 'high',
    mode: 'enforce',
    policy: 'default',
    object: { apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web' },
    tenant: 'acme',
    field: 'spec',
    message: 'is wrong',
    fix: `Mend ${rule}.`,
    writer: 'any',
    copies: 0,
    ...over,
  };
}

export const exemption = { owner: 'platform', reason: 'old system', expires: '2027-01-01' };

/** One layer of a namespace. */
export function layer(name: NamespaceLayer, evidence: NamespaceEvidence): LayerPosture {
  return postureOfNamespace(evidence).layers.find((one) => one.layer === name)!;
}

/** What was told of a layer. */
export function messages({ evidence }: Pick<LayerPosture, 'evidence'>): readonly string[] {
  return evidence.map(({ message }) => message);
}

/** A DaemonSet of kube-system that is ready on one node. */
export function daemonSet(
  name: string,
  containers: readonly object[] = [{ name }],
  over: DaemonSetChanges = {},
): JsonObject {
  const { labels = {}, namespace = 'kube-system', wanted = 1, ready = 1 } = over;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace },
    spec: { template: { metadata: { labels }, spec: { containers } } },
    status: { desiredNumberScheduled: wanted, numberReady: ready },
  };
}

interface DaemonSetChanges {
  readonly labels?: Readonly<Record<string, string>>;
  readonly namespace?: string;
  readonly wanted?: number;
  readonly ready?: number;
}

export function node(
  kubeletVersion = 'v1.36.0',
  annotations: Readonly<Record<string, string>> = {},
  labels: Readonly<Record<string, string>> = {},
): JsonObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'one', labels: { 'kubernetes.io/os': 'linux', ...labels }, annotations },
    status: { nodeInfo: { kubeletVersion } },
  };
}

export function configMap(data: Readonly<Record<string, string>>): JsonObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', data };
}

/** A cluster without Flux, in which Calico enforces on its only node. */
export function clusterEvidence(over: Partial<ClusterEvidence> = {}): ClusterEvidence {
  return {
    servesFlux: false,
    fluxDeployments: [],
    fluxInstances: [],
    daemonSets: [daemonSet('calico-node')],
    nodes: [node()],
    configMaps: new Map(),
    ...over,
  };
}
