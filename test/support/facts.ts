import type { Facts, PodFact } from '../../src/policy/facts.ts';
import type { NetworkPolicy } from '../../src/policy/objects/network-policy.ts';
import type { NamespaceFact } from '../../src/tenancy/owner.ts';

/** What a test knows of the cluster. A namespace that is not listed is missing; `undefined` means "not known". */
export interface World {
  readonly namespaces?: Readonly<Record<string, Readonly<Record<string, string>> | undefined>>;
  readonly networkPolicies?: Readonly<Record<string, readonly NetworkPolicy[] | undefined>>;
  readonly pods?: Readonly<Record<string, readonly PodFact[] | undefined>>;
  readonly today?: string;
}

/** Two tenants with a few namespaces, the platform's, and one of nobody. */
export const twoTenants: NonNullable<World['namespaces']> = {
  'acme-dev': { 'tenantgate.dev/tenant': 'acme', env: 'dev' },
  'acme-prod': { 'tenantgate.dev/tenant': 'acme', env: 'prod' },
  'globex-dev': { 'tenantgate.dev/tenant': 'globex', env: 'dev' },
  'globex-prod': { 'tenantgate.dev/tenant': 'globex', env: 'prod' },
  'kube-system': {},
  'flux-system': {},
  default: {},
};

/** Facts of a test's world. */
export function factsOf(world: World = {}): Facts {
  const namespaces = world.namespaces ?? twoTenants;
  return {
    today: world.today ?? '2026-06-01',
    namespace: (name): NamespaceFact | 'missing' | undefined => {
      if (!Object.hasOwn(namespaces, name)) return 'missing';
      const labels = namespaces[name];
      return labels === undefined ? undefined : { name, labels: { 'kubernetes.io/metadata.name': name, ...labels } };
    },
    networkPoliciesOf: (namespace) => (world.networkPolicies === undefined ? [] : world.networkPolicies[namespace]),
    podsOf: (namespace) => (world.pods === undefined ? [] : world.pods[namespace]),
  };
}
