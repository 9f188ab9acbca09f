import type { FluxControllers } from '../../src/policy/flux-controllers.ts';
import type { Facts, PodFact, PodTemplateFact } from '../../src/policy/facts.ts';
import type { NetworkPolicy } from '../../src/policy/objects/network-policy.ts';
import type { LimitRange, ResourceQuota } from '../../src/policy/objects/quota.ts';
import type { NamespaceFact } from '../../src/tenancy/owner.ts';

/** What a test knows of the cluster. A namespace that is not listed is missing; `undefined` means "not known". */
export interface World {
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  readonly networkPolicies?: Readonly<Record<string, readonly NetworkPolicy[] | undefined>>;
  readonly pods?: Readonly<Record<string, readonly PodFact[] | undefined>>;
  readonly podTemplates?: Readonly<Record<string, readonly PodTemplateFact[] | undefined>>;
  /** Absent: every namespace but `acme-no-quota` has one. */
  readonly resourceQuotas?: Readonly<Record<string, readonly ResourceQuota[] | undefined>>;
  /** Absent: every namespace but `acme-no-limits` has one. */
  readonly limitRanges?: Readonly<Record<string, readonly LimitRange[] | undefined>>;
  readonly fluxControllers?: FluxControllers;
  readonly today?: string;
}

/** Two tenants with a few namespaces, the platform's, and one of nobody. */
export const twoTenants: NonNullable<World['namespaces']> = {
  'acme-dev': { 'tenantgate.dev/tenant': 'acme', env: 'dev' },
  'acme-prod': { 'tenantgate.dev/tenant': 'acme', env: 'prod' },
  'acme-no-quota': { 'tenantgate.dev/tenant': 'acme' },
  'acme-no-limits': { 'tenantgate.dev/tenant': 'acme' },
  'globex-dev': { 'tenantgate.dev/tenant': 'globex', env: 'dev' },
  'globex-prod': { 'tenantgate.dev/tenant': 'globex', env: 'prod' },
  'kube-system': {},
  'flux-system': {},
  default: {},
};

const head = { apiVersion: 'v1', metadata: { name: 'default' } };

const usualQuota: ResourceQuota = {
  ...head,
  kind: 'ResourceQuota',
  spec: { hard: { pods: '20', 'requests.cpu': '4', 'requests.memory': '8Gi' } },
};

const usualLimitRange: LimitRange = {
  ...head,
  kind: 'LimitRange',
  spec: {
    limits: [{ type: 'Container', default: { cpu: '500m', memory: '256Mi' }, max: { cpu: '2', memory: '2Gi' } }],
  },
};

/** Facts of a test's world. */
export function factsOf(world: World = {}): Facts {
  const namespaces = world.namespaces ?? twoTenants;
  return {
    today: world.today ?? '2026-06-01',
    fluxControllers: world.fluxControllers,
    namespace: (name): NamespaceFact | 'missing' | undefined => {
      if (!Object.hasOwn(namespaces, name)) return 'missing';
      const labels = namespaces[name];
      return labels === undefined ? undefined : { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } };
    },
    networkPoliciesOf: (namespace) => ofNamespace(world.networkPolicies, [], namespace),
    resourceQuotasOf: (namespace) =>
      ofNamespace(world.resourceQuotas, namespace === 'acme-no-quota' ? [] : [usualQuota], namespace),
    limitRangesOf: (namespace) =>
      ofNamespace(world.limitRanges, namespace === 'acme-no-limits' ? [] : [usualLimitRange], namespace),
    podsOf: (namespace) => ofNamespace(world.pods, [], namespace),
    podTemplatesOf: (namespace) => ofNamespace(world.podTemplates, [], namespace),
    namespaces: () => {
      const known = Object.entries(namespaces);
      if (known.some(([, labels]) => labels === undefined)) return undefined;
      return known.map(([name, labels]) => ({ name, labels: { 'kubernetes.io/metadata.name': name, ...labels } }));
    },
  };
}

function ofNamespace<T>(
  given: Readonly<Record<string, readonly T[] | undefined>> | undefined,
  usual: readonly T[],
  namespace: string,
): readonly T[] | undefined {
  if (given === undefined) return usual;
  return Object.hasOwn(given, namespace) ? given[namespace] : undefined;
}
