import {
  clusterLayers,
  namespaceLayers,
  type AuditedObject,
  type AuditReport,
  type AuditResult,
  type AuditUnknown,
  type LayerPosture,
  type NamespaceLayer,
  type NamespacePosture,
  type TenantPosture,
} from '../../src/audit/audit-report.ts';
import { tallyOf } from '../../src/audit/tally.ts';

export const startedAt = '2026-06-01T08:00:00.000Z';
export const earlierAt = '2026-05-01T08:00:00.000Z';

export function objectOf(kind: string, namespace: string | null, name: string, apiVersion = 'v1'): AuditedObject {
  return { apiVersion, kind, namespace, name };
}

/** A violation, as a scan would find it. */
export function resultOf(parts: Partial<AuditResult> = {}): AuditResult {
  return {
    rule: 'network/confined-peers',
    severity: 'critical',
    mode: 'enforce',
    policy: 'network',
    object: objectOf('NetworkPolicy', 'acme-dev', 'web', 'networking.k8s.io/v1'),
    tenant: 'acme',
    field: 'spec.ingress[0].from[1]',
    message: '{} lets in "everybody", 100%',
    fix: 'Pin the peer:\n  from:\n    - podSelector: {}',
    writer: 'any',
    copies: 0,
    ...parts,
  };
}

function layersOf(states: Partial<Record<NamespaceLayer, Partial<LayerPosture>>> = {}): LayerPosture[] {
  return namespaceLayers.map((layer) => ({ layer, state: 'in-place', evidence: [], ...states[layer] }));
}

export function namespaceOf(
  namespace: string,
  states: Partial<Record<NamespaceLayer, Partial<LayerPosture>>> = {},
): NamespacePosture {
  return { namespace, layers: layersOf(states) };
}

const worstFirst = ['missing', 'drifted', 'unknown', 'in-place'] as const;

/** A tenant whose layers are as in the worst of its namespaces. */
export function tenantOf(tenant: string, ...namespaces: readonly NamespacePosture[]): TenantPosture {
  const layers = layersOf().map((layer, index) => {
    const all = namespaces.flatMap((one) => one.layers[index] ?? []);
    return worstFirst.flatMap((state) => all.filter((one) => one.state === state))[0] ?? layer;
  });
  return { tenant, layers, namespaces: [...namespaces] };
}

/** A report of these findings, counted. */
export function reportOf(parts: {
  readonly results?: readonly AuditResult[];
  readonly unknown?: readonly AuditUnknown[];
  readonly tenants?: readonly TenantPosture[];
  readonly listings?: AuditReport['scan']['listings'];
  readonly scan?: Partial<AuditReport['scan']>;
  readonly fixed?: readonly AuditResult[];
}): AuditReport {
  const { results = [], unknown = [], tenants = [tenantOf('acme', namespaceOf('acme-dev'))] } = parts;
  const listings = parts.listings ?? [
    { resource: 'deployments.apps', state: 'read', objects: 1, judged: 1 },
    { resource: 'namespaces', state: 'read', objects: 2, judged: 2 },
    { resource: 'networkpolicies.networking.k8s.io', state: 'read', objects: 3, judged: 3 },
    { resource: 'pods', state: 'read', objects: 4, judged: 4 },
  ];
  return {
    apiVersion: 'tenantgate.dev/v1alpha1',
    kind: 'AuditReport',
    scan: {
      source: 'https://cluster.example:6443',
      startedAt,
      finishedAt: '2026-06-01T08:00:02.000Z',
      policyHash: '0123456789ab',
      filters: [],
      listings,
      ...parts.scan,
    },
    summary: {
      objects: listings.reduce((sum, { objects }) => sum + objects, 0),
      judged: listings.reduce((sum, { judged }) => sum + judged, 0),
      namespaces: tenants.reduce((sum, { namespaces }) => sum + namespaces.length, 0),
      tenants: tenants.length,
      ...tallyOf(results),
      unknown: unknown.length,
    },
    results: [...results],
    ...(parts.fixed === undefined ? {} : { fixed: [...parts.fixed] }),
    unknown: [...unknown],
    posture: {
      cluster: clusterLayers.map((layer) => ({
        layer,
        state: layer === 'network-enforcement' ? 'unknown' : 'in-place',
        evidence: [{ message: `seen for ${layer}` }],
      })),
      tenants: [...tenants],
    },
  };
}

const host = resultOf({
  rule: 'pods/host-network',
  severity: 'high',
  mode: 'warn',
  policy: 'pods',
  object: objectOf('DaemonSet', 'globex-prod', 'node', 'apps/v1'),
  tenant: 'globex',
  field: 'spec.template.spec.hostNetwork',
  message: 'true puts <pods> on the node & beyond',
  fix: 'Remove the field.',
  copies: 3,
});

/** One of everything that a report can hold. */
export const sampleAudit: AuditReport = reportOf({
  results: [
    resultOf(),
    resultOf({
      rule: 'access/own-tenant-subjects',
      policy: 'access',
      object: objectOf('RoleBinding', 'acme-dev', 'dev', 'rbac.authorization.k8s.io/v1'),
      field: 'subjects[0]',
      message: 'user "eve" is nobody of tenant "acme"',
      fix: 'Name a group of the tenant.',
      writer: 'tenant',
    }),
    resultOf({
      rule: 'network/bounded-addresses',
      severity: 'high',
      field: 'spec.egress[0].to[0].ipBlock',
      message: '0.0.0.0/0 is the whole world',
      exemption: { owner: 'ops', reason: 'until the move', expires: '2026-12-31' },
    }),
    host,
    resultOf({
      rule: 'namespaces/tenant-label-required',
      severity: 'medium',
      mode: 'audit',
      policy: 'namespaces',
      object: objectOf('Namespace', null, 'bare'),
      tenant: undefined as unknown as string,
      field: '',
      message: 'has no tenant',
      fix: 'Label it.',
    }),
  ].map((result) => JSON.parse(JSON.stringify(result)) as AuditResult),
  unknown: [
    { resource: 'secrets', message: 'cannot be listed: forbidden; grant list on secrets' },
    { object: objectOf('Pod', 'acme-dev', 'odd'), rule: 'pods/pod-security', message: 'spec must be of type object' },
  ],
  tenants: [
    tenantOf(
      'acme',
      namespaceOf('acme-dev', {
        'network-isolation': {
          state: 'drifted',
          evidence: [
            {
              object: objectOf('Pod', 'acme-dev', 'web-0'),
              field: 'metadata.labels',
              message: 'no policy selects it for egress',
            },
          ],
          fix: 'Add a NetworkPolicy that selects every pod.',
        },
      }),
      namespaceOf('acme-prod', { quota: { state: 'unknown', evidence: [{ message: 'resourcequotas: forbidden' }] } }),
    ),
    tenantOf(
      'globex',
      namespaceOf('globex-prod', {
        quota: { state: 'missing', evidence: [{ message: 'no ResourceQuota' }], fix: 'Add one.' },
      }),
    ),
  ],
});

const escape = 'a\n::error::\u001b[2J\u009b31m\u202e<script>"&\']]>';

/** A report whose every text tries to break out of its line or its format. */
export const hostileAudit: AuditReport = reportOf({
  results: [
    resultOf({
      object: objectOf(`K${escape}`, `ns${escape}`, `n${escape}`, `g${escape}/v1`),
      tenant: `t${escape}`,
      field: `f${escape}`,
      message: `m${escape}\ud800`,
      fix: `one\n${escape}`,
      policy: `p${escape}`,
    }),
  ],
  unknown: [{ object: objectOf('Pod', `ns${escape}`, `u${escape}`), message: `why${escape}` }],
  tenants: [
    tenantOf(
      `t${escape}`,
      namespaceOf(`ns${escape}`, {
        flux: { state: 'drifted', evidence: [{ field: escape, message: escape }], fix: escape },
      }),
    ),
  ],
  fixed: [resultOf({ message: escape })],
  scan: { source: escape, comparedWith: earlierAt, filters: [escape] },
});
