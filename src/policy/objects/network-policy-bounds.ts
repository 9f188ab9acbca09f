import { isJsonObject, ownMember } from '../../algebra/json-object.ts';
import { remembered } from '../remembered.ts';
import { effectiveRules, type NetworkPolicyRule } from './network-policy-view.ts';
import type { NetworkPolicy, NetworkPolicyPeer } from './network-policy.ts';

/** Requirements of one selector, in matchLabels and matchExpressions. */
const mostLabels = 500;

/**
 * What one NetworkPolicy may hold in all. Exact sets take time that grows with products of these, and an object of a megabyte
 * holds tens of thousands of each; a policy that people or charts write never comes near.
 */
const most = {
  /** Values of matchExpressions beyond the first of each list: the names of namespaces among them are looked up one by one. */
  values: 2000,
  /** `except` blocks count as well. */
  peers: 5000,
  ports: 5000,
} as const;

type Counted = keyof typeof most;

const words: Readonly<Record<Counted, string>> = {
  values: 'label values in selectors',
  peers: 'peers and except blocks',
  ports: 'ports',
};

/** What a part of the policy holds, and where it stands. */
type Count = readonly [field: string, counted: Counted | 'labels', items: number];

/** Why a policy is not judged; has the shape of a violation. */
interface TooLarge {
  readonly field: string;
  readonly message: string;
  readonly fix: string;
  readonly basis: NetworkPolicy['spec'];
}

/**
 * The first part by which a policy is too large to be judged, undefined where there is none. All rules of NetworkPolicies
 * ask before they work on any set. Only lengths are looked at, so that the answer is cheap.
 */
export const tooLarge = remembered((policy: NetworkPolicy): TooLarge | undefined => {
  const left: Record<Counted, number> = { ...most };
  for (const [field, counted, items] of countsOf(policy)) {
    if (counted === 'labels') {
      if (items > mostLabels) return refusal(field, `has more than ${mostLabels} requirements`, policy);
      continue;
    }
    left[counted] -= items;
    if (left[counted] < 0) {
      return refusal(field, `brings the policy to more than ${most[counted]} ${words[counted]}`, policy);
    }
  }
  return undefined;
});

/** Without an extent: of two policies that are too large nobody can tell which opens more. */
function refusal(field: string, what: string, policy: NetworkPolicy): TooLarge {
  return {
    field,
    message: `${what}, which is too large to be judged`,
    fix: 'Split the policy into several, or name less in it.',
    basis: policy.spec,
  };
}

function* countsOf(policy: NetworkPolicy): Iterable<Count> {
  yield* countsOfSelector(policy.spec?.podSelector, 'spec.podSelector');
  for (const rule of effectiveRules(policy)) {
    yield [`${rule.field}.ports`, 'ports', lengthOf(rule.ports)];
    yield* countsOfPeers(rule);
  }
}

function* countsOfPeers({ field, peersField, peers }: NetworkPolicyRule): Iterable<Count> {
  yield [`${field}.${peersField}`, 'peers', peers.length];
  for (const [index, peer] of peers.entries()) yield* countsOfPeer(peer, `${field}.${peersField}[${index}]`);
}

function* countsOfPeer({ ipBlock, namespaceSelector, podSelector }: NetworkPolicyPeer, field: string): Iterable<Count> {
  yield [`${field}.ipBlock.except`, 'peers', lengthOf(ipBlock?.except)];
  yield* countsOfSelector(namespaceSelector, `${field}.namespaceSelector`);
  yield* countsOfSelector(podSelector, `${field}.podSelector`);
}

function* countsOfSelector(selector: unknown, field: string): Iterable<Count> {
  if (!isJsonObject(selector)) return;
  const labels = ownMember(selector, 'matchLabels');
  const expressions = ownMember(selector, 'matchExpressions');
  yield [field, 'labels', (isJsonObject(labels) ? Object.keys(labels).length : 0) + lengthOf(expressions)];
  if (!Array.isArray(expressions)) return;
  for (const expression of expressions as readonly unknown[]) {
    const values = isJsonObject(expression) ? lengthOf(ownMember(expression, 'values')) : 0;
    yield [field, 'values', Math.max(0, values - 1)];
  }
}

/** What is no list is no matter of size; the algebra refuses it. */
function lengthOf(list: unknown): number {
  return Array.isArray(list) ? list.length : 0;
}
