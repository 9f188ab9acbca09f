import { Type } from '../../../algebra/schema.ts';
import { certainOfAddresses } from '../../address-bounds.ts';
import { judgeCiliumBlocks } from '../../cilium/address-blocks.ts';
import { judgeCiliumPolicy } from '../../cilium/judge-policy.ts';
import { addressesOfPolicies } from '../../network-policy-blocks.ts';
import { foreignPolicyKinds, type ForeignPolicyKind } from '../../objects/foreign-policy-kinds.ts';
import { defineCheckRule, type RuleContext, type Violation } from '../../rule.ts';
import { namespaceOf } from '../../subject-owner.ts';
import { actsForPlatform, type Subject } from '../../subject.ts';

const policyKinds = Object.keys(foreignPolicyKinds) as ForeignPolicyKind[];

/** Kinds whose meaning is known. */
const judgedKinds: readonly ForeignPolicyKind[] = ['CiliumNetworkPolicy'];
const otherKinds = policyKinds.filter((kind) => !judgedKinds.includes(kind));

const entities = [
  'all',
  'world',
  'world-ipv4',
  'world-ipv6',
  'cluster',
  'host',
  'init',
  'ingress',
  'unmanaged',
  'remote-node',
  'health',
  'kube-apiserver',
] as const;

const params = Type.Object(
  {
    allowed: Type.Array(Type.Enum([...judgedKinds]), {
      default: [],
      description: 'Kinds that tenants may write, and that are judged as NetworkPolicies are.',
    }),
    allowedUnjudged: Type.Array(Type.Enum([...otherKinds]), {
      default: [],
      description: 'Kinds that tenants may write as they like: what they say is not judged.',
    }),
    ingressEntities: Type.Array(Type.Enum([...entities]), {
      default: [],
      description: 'Entities that tenants may let in by `fromEntities`.',
    }),
    egressEntities: Type.Array(Type.Enum([...entities]), {
      default: [],
      description: 'Entities that tenants may let pods out to by `toEntities`.',
    }),
    approvedNames: Type.Array(Type.String({ minLength: 1 }), {
      default: [],
      description: 'Names, or patterns as in `matchPattern`, within which those of `toFQDNs` have to lie.',
    }),
  },
  { additionalProperties: false },
);

export const noForeignNetworkPolicy = defineCheckRule({
  id: 'network/no-foreign-network-policy',
  title: 'Tenants write no policies of network plugins past their NetworkPolicies',
  severity: 'critical',
  rationale:
    'Network plugins have policy kinds of their own. Their allow rules join those of NetworkPolicies or beat them, some hold for the whole cluster, and none is seen by who looks at NetworkPolicies. A CiliumNetworkPolicy that tenants may write is held against the same boundary: each selector, block, entity, Service and name, in the meaning that Cilium gives it; a field without a known meaning is refused.',
  remediation:
    'Write a NetworkPolicy, or have the platform write the policy or allow the kind. Within an allowed kind, select pods of the tenant or of an approved flow, and name small blocks.',
  kinds: policyKinds,
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  facts: ['namespace', 'networkPoliciesOf'],
  params,
  references: [
    'https://docs.cilium.io/en/stable/security/policy/language/',
    'https://docs.tigera.io/calico/latest/network-policy/get-started/calico-policy/calico-network-policy',
    'https://antrea.io/docs/main/docs/antrea-network-policy/',
    'https://network-policy-api.sigs.k8s.io/',
  ],
  since: '0.1.0',
  judges: 'state',
  *check(subject, context) {
    const { kind, object, operation, principal } = subject;
    if (actsForPlatform(principal) || includes(context.params.allowedUnjudged, kind)) return;
    if (!includes(context.params.allowed, kind)) {
      const { spec, specs } = object as { readonly spec?: unknown; readonly specs?: unknown };
      yield { ...refusal(kind, operation), basis: [spec, specs] };
    } else if (operation !== 'DELETE') {
      yield* judge(subject, context);
    }
  },
});

function includes(kinds: readonly string[], kind: string): boolean {
  return kinds.includes(kind);
}

function refusal(kind: ForeignPolicyKind, operation: Subject['operation']): Violation {
  const what = foreignPolicyKinds[kind].namespaced
    ? 'past the NetworkPolicies of the namespace'
    : 'for the whole cluster';
  return {
    field: operation === 'DELETE' ? 'metadata.name' : 'kind',
    message: `${JSON.stringify(kind)} is a kind for the platform only, since it opens or closes pods ${what}`,
    fix: 'Write a NetworkPolicy, or have the platform make the change or allow the kind.',
  };
}

function* judge(
  subject: Subject<ForeignPolicyKind>,
  context: RuleContext<{
    readonly ingressEntities: readonly string[];
    readonly egressEntities: readonly string[];
    readonly approvedNames: readonly string[];
  }>,
): Generator<Violation, void, undefined> {
  const { object } = subject;
  const { facts, tenancy } = context;
  const { ingressEntities: ingress, egressEntities: egress, approvedNames: names } = context.params;
  const home = namespaceOf(subject);
  yield* judgeCiliumPolicy(object, home, { entities: { ingress, egress }, names }, context);
  yield* certainOfAddresses(context, (tenant) =>
    judgeCiliumBlocks(
      object,
      (direction) => addressesOfPolicies(facts.networkPoliciesOf(home) ?? [], direction, tenancy, tenant),
      tenancy,
      tenant,
    ),
  );
}
