import type { Direction } from '../../tenancy/tenancy.ts';
import { remembered } from '../remembered.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from './network-policy.ts';

/** One ingress or egress rule in a common form. */
export interface NetworkPolicyRule {
  readonly direction: Direction;
  /** Path such as `spec.ingress[0]`. */
  readonly field: string;
  /** `from` or `to`. */
  readonly peersField: 'from' | 'to';
  /** Empty or absent peers mean everybody; both read as empty here. */
  readonly peers: readonly NetworkPolicyPeer[];
  readonly ports: unknown;
}

/**
 * The directions in which a policy isolates the pods it selects. Absent `policyTypes` mean Ingress, and Egress only if
 * there is an egress rule (https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/).
 */
export const isolatedDirections = remembered((policy: NetworkPolicy): ReadonlySet<Direction> => {
  const spec = policy.spec ?? {};
  const types = spec.policyTypes ?? [];
  const directions = new Set<Direction>();
  if (types.length === 0) {
    directions.add('ingress');
    if ((spec.egress ?? []).length > 0) directions.add('egress');
  }
  if (types.includes('Ingress')) directions.add('ingress');
  if (types.includes('Egress')) directions.add('egress');
  return directions;
});

/** The rules that have an effect: those of a direction that the policy does not isolate are ignored by Kubernetes. */
export const effectiveRules = remembered((policy: NetworkPolicy): readonly NetworkPolicyRule[] => {
  const spec = policy.spec ?? {};
  const directions = isolatedDirections(policy);
  const ingress = (spec.ingress ?? []).map((rule, index): NetworkPolicyRule => ({
    direction: 'ingress',
    field: `spec.ingress[${index}]`,
    peersField: 'from',
    peers: rule.from ?? [],
    ports: rule.ports,
  }));
  const egress = (spec.egress ?? []).map((rule, index): NetworkPolicyRule => ({
    direction: 'egress',
    field: `spec.egress[${index}]`,
    peersField: 'to',
    peers: rule.to ?? [],
    ports: rule.ports,
  }));
  return [...ingress, ...egress].filter((rule) => directions.has(rule.direction));
});
