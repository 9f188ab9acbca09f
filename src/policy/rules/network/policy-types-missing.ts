import { Type } from '../../../algebra/schema.ts';
import type { Direction } from '../../../tenancy/tenancy.ts';
import { isPresent } from '../../objects/network-policy-peer.ts';
import type { NetworkPolicy } from '../../objects/network-policy.ts';
import { defineCheckRule, type Violation } from '../../rule.ts';

type Spec = NonNullable<NetworkPolicy['spec']>;

const typeOf = { ingress: 'Ingress', egress: 'Egress' } as const satisfies Record<Direction, string>;

export const policyTypesMissing = defineCheckRule({
  id: 'network/policy-types-missing',
  title: 'A NetworkPolicy lists the directions that its rules are for',
  severity: 'medium',
  rationale:
    'Rules of a direction that `policyTypes` does not list are ignored without a word. Where `policyTypes` is absent it means Ingress, and Egress only if there is an egress rule: egress rules alone deny all ingress as well, and an empty `egress` denies nothing. The API server fills in an absent `policyTypes` before it calls a webhook, so that this half is seen in manifests only.',
  remediation: 'Write `policyTypes` in every policy, with each direction that it is to isolate.',
  kinds: ['NetworkPolicy'],
  operations: ['CREATE', 'UPDATE'],
  facts: [],
  params: Type.Object({}, { additionalProperties: false }),
  references: [
    'https://kubernetes.io/docs/concepts/services-networking/network-policies/#networkpolicy-resource',
    'https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/#NetworkPolicySpec',
  ],
  since: '0.1.0',
  judges: 'state',
  isAdvice: true,
  *check({ object }) {
    const spec = object.spec ?? {};
    const types = spec.policyTypes ?? [];
    if (types.length === 0) yield* judgeDefaults(spec);
    else yield* judgeListed(spec, types);
  },
});

function* judgeListed(spec: Spec, types: readonly unknown[]): Iterable<Violation> {
  for (const direction of ['ingress', 'egress'] as const) {
    const type = typeOf[direction];
    if ((spec[direction] ?? []).length === 0 || types.includes(type)) continue;
    yield {
      field: `spec.${direction}`,
      message: `its rules are ignored, since policyTypes does not list ${type}: the policy does not isolate ${direction}`,
      fix: `List both directions, or remove the rules:\n  policyTypes: [Ingress, Egress]`,
    };
  }
}

function* judgeDefaults({ ingress, egress }: Spec): Iterable<Violation> {
  if (egress === undefined || egress === null) return;
  const meant = isPresent(ingress) ? '[Ingress, Egress]' : '[Egress]';
  if (egress.length === 0) {
    yield {
      field: 'spec.policyTypes',
      message:
        'is absent, which beside an empty egress means [Ingress]: egress stays open, and only ingress is isolated',
      fix: `List the directions that are meant:\n  policyTypes: ${meant}`,
    };
  } else if (!isPresent(ingress)) {
    yield {
      field: 'spec.policyTypes',
      message:
        'is absent, which beside egress rules means [Ingress, Egress]: without an ingress rule, nobody may call the pods any more',
      fix: `List the directions that are meant:\n  policyTypes: ${meant}`,
    };
  }
}
