import {
  namespaceLayers,
  postureStates,
  type AuditReport,
  type AuditResult,
  type LayerPosture,
  type PostureState,
  type TenantPosture,
} from '../../src/audit/audit-report.ts';
import { faults } from './audit-faults.ts';
import { randomOf, type Random } from './random.ts';

/** What an audit of a cluster might have found. */
export interface SampleCluster {
  readonly tenants: number;
  readonly violations: number;
  readonly toConfirm?: number;
  readonly exempt?: number;
  readonly unknown?: number;
  /** Whether it is compared with an earlier audit. */
  readonly compared?: boolean;
}

const earlier = '2026-10-12T06:00:00Z';
const startedAt = '2026-11-02T06:00:00Z';
const owners = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark', 'wayne', 'tyrell', 'soylent', 'cyberdyne'];
const stages = ['dev', 'prod', 'staging'];
const severities = ['critical', 'high', 'medium', 'low'];

/** A report that is the same on every machine. Tenants get worse with their number, unevenly; the first two are clean. */
export function sampleAuditReport(cluster: SampleCluster): AuditReport {
  const { tenants: count, violations, toConfirm = 0, exempt = 0, unknown = 0, compared = false } = cluster;
  const random = randomOf(7);
  const tenants = Array.from({ length: count }, (_, index) => tenantPosture(index, random));
  const results = [
    ...Array.from({ length: violations }, () => sampleResult(tenants, random, compared)),
    ...Array.from({ length: toConfirm }, () => ({
      ...sampleResult(tenants, random, compared),
      writer: 'tenant' as const,
    })),
    ...Array.from({ length: exempt }, () => ({ ...sampleResult(tenants, random, compared), exemption })),
  ].sort((a, b) => rankOf(a) - rankOf(b));
  const fixed = compared ? { fixed: Array.from({ length: 3 }, () => sampleResult(tenants, random, true)) } : {};
  return reportOf({
    results,
    ...fixed,
    unknown: Array.from({ length: unknown }, (_, index) => sampleUnknown(index, tenants)),
    tenants,
    compared,
  });
}

const exemption = {
  owner: 'platform-team',
  reason: 'Node agent; agreed until the new collector is out',
  expires: '2027-01-31',
};

function rankOf({ severity }: AuditResult): number {
  return severities.indexOf(severity);
}

interface Found extends Pick<AuditReport, 'results' | 'fixed' | 'unknown'> {
  readonly tenants: readonly TenantPosture[];
  readonly compared?: boolean;
}

/** A report with counts that agree with what is in it. */
export function reportOf({ results, fixed, unknown, tenants, compared = false }: Found): AuditReport {
  const counted = results.filter(({ writer, exemption: granted }) => writer === 'any' && granted === undefined);
  const inMode = (mode: AuditResult['mode']): number => counted.filter((result) => result.mode === mode).length;
  return {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'AuditReport',
    scan: {
      source: 'https://api.cluster.example:6443',
      startedAt,
      finishedAt: '2026-11-02T06:00:14Z',
      policyHash: 'b3c1f0a94e27',
      filters: [],
      ...(compared ? { comparedWith: earlier } : {}),
      listings,
    },
    summary: {
      objects: 48_211,
      judged: 31_904,
      namespaces: tenants.reduce((sum, { namespaces }) => sum + namespaces.length, 0),
      tenants: tenants.length,
      violations: { enforce: inMode('enforce'), warn: inMode('warn'), audit: inMode('audit') },
      toConfirm: results.filter(({ writer, exemption: granted }) => writer === 'tenant' && granted === undefined)
        .length,
      exempt: results.filter(({ exemption: granted }) => granted !== undefined).length,
      unknown: unknown.length,
    },
    results,
    ...(fixed === undefined ? {} : { fixed }),
    unknown,
    posture: { cluster: clusterLayers, tenants: [...tenants] },
  };
}

const listings: AuditReport['scan']['listings'] = [
  { resource: 'namespaces', state: 'read', objects: 214, judged: 214 },
  { resource: 'pods', state: 'read', objects: 31_002, judged: 30_114 },
  { resource: 'networkpolicies.networking.k8s.io', state: 'read', objects: 912, judged: 912 },
  { resource: 'deployments.apps', state: 'read', objects: 4110, judged: 4110 },
  { resource: 'ciliumnetworkpolicies.cilium.io', state: 'absent', objects: 0, judged: 0 },
  { resource: 'helmreleases.helm.toolkit.fluxcd.io', state: 'forbidden', objects: 0, judged: 0 },
  { resource: 'rolebindings.rbac.authorization.k8s.io', state: 'failed', objects: 1500, judged: 1500 },
];

const clusterLayers: AuditReport['posture']['cluster'] = [
  {
    layer: 'flux-controllers',
    state: 'drifted',
    evidence: [
      {
        object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'flux-system', name: 'helm-controller' },
        field: 'spec.template.spec.containers[0].args',
        message: 'has no --no-cross-namespace-refs=true',
      },
    ],
    fix: 'Add the argument to the container of helm-controller:\n  - --no-cross-namespace-refs=true',
    since: '2026-10-12T06:00:00Z',
  },
  {
    layer: 'network-enforcement',
    state: 'in-place',
    evidence: [
      {
        object: { apiVersion: 'apps/v1', kind: 'DaemonSet', namespace: 'kube-system', name: 'cilium' },
        message: 'runs on all 42 nodes and enforces NetworkPolicy',
      },
    ],
  },
];

function tenantPosture(index: number, random: Random): TenantPosture {
  const owner = owners[index % owners.length]!;
  const tenant = index < owners.length ? owner : `${owner}-${Math.floor(index / owners.length) + 1}`;
  const namespaces = stages.slice(0, 1 + random.below(stages.length)).map((stage) => ({
    namespace: `${tenant}-${stage}`,
    layers: namespaceLayers.map((layer) =>
      layerPosture(layer, index < 2 ? 'in-place' : stateFrom(random), `${tenant}-${stage}`),
    ),
  }));
  const layers = namespaceLayers.map((_, at) => worst(namespaces.map((posture) => posture.layers[at]!)));
  return { tenant, layers, namespaces };
}

function stateFrom(random: Random): PostureState {
  if (!random.oneIn(5)) return 'in-place';
  return random.pick(['unknown', 'drifted', 'drifted', 'missing'] as const);
}

function worst(layers: readonly LayerPosture[]): LayerPosture {
  return layers.reduce((a, b) => (postureStates.indexOf(b.state) > postureStates.indexOf(a.state) ? b : a));
}

const evidenceTexts: Readonly<Record<PostureState, string>> = {
  'in-place': 'as it should be',
  unknown: 'could not be listed: forbidden',
  drifted: 'is there, but leaves pods out',
  missing: 'nothing of it is there',
};

function layerPosture(layer: LayerPosture['layer'], state: PostureState, namespace: string): LayerPosture {
  const object = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: namespace };
  const posture = { layer, state, evidence: [{ object, message: evidenceTexts[state] }], since: earlier };
  return state === 'in-place' ? posture : { ...posture, fix: `See what the layer ${layer} wants, and apply it.` };
}

function sampleResult(tenants: readonly TenantPosture[], random: Random, compared: boolean): AuditResult {
  const { tenant, namespaces } = random.pick(tenants.length > 2 ? tenants.slice(2) : tenants);
  const { namespace } = random.pick(namespaces);
  const { apiVersion, kind, name, mode = 'enforce', ...said } = random.pick(faults);
  const object =
    kind === 'Namespace'
      ? { apiVersion, kind, namespace: null, name: namespace }
      : { apiVersion, kind, namespace, name: `${name}-${random.below(10_000)}` };
  return {
    ...said,
    mode,
    policy: said.rule.slice(0, said.rule.indexOf('/')),
    object,
    tenant,
    writer: 'any',
    copies: kind === 'Deployment' || kind === 'StatefulSet' ? random.below(12) : 0,
    ...(compared ? { since: random.oneIn(4) ? startedAt : earlier } : {}),
  };
}

function sampleUnknown(index: number, tenants: readonly TenantPosture[]): AuditReport['unknown'][number] {
  if (index === 0) {
    return {
      resource: 'helmreleases.helm.toolkit.fluxcd.io',
      message: 'helmreleases.helm.toolkit.fluxcd.io is forbidden: User "auditor" cannot list resource "helmreleases"',
    };
  }
  const namespace = tenants[index % tenants.length]?.namespaces[0]?.namespace ?? 'default';
  return {
    object: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', namespace, name: `generated-${index}` },
    rule: 'network/confined-peers',
    message: 'the namespaces that it names could not be read',
  };
}
