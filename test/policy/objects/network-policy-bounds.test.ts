import { test } from 'tap';

import { tooLarge } from '../../../src/policy/objects/network-policy-bounds.ts';
import type { NetworkPolicy } from '../../../src/policy/objects/network-policy.ts';
import { judge, linesOf } from '../../support/judge.ts';
import { minimalNetworkPolicy, tweak, type Manifest } from '../../support/minimal-objects.ts';

const list = <T>(length: number, item: (index: number) => T): readonly T[] =>
  Array.from({ length }, (_, index) => item(index));
const policyOf = (spec: Manifest): Manifest => tweak(minimalNetworkPolicy(), 'spec', spec);
const ingress = (...rules: readonly Manifest[]): Manifest => policyOf({ podSelector: {}, ingress: rules });
const keys = (count: number): readonly Manifest[] => list(count, (index) => ({ key: `k${index}`, operator: 'Exists' }));
const values = (count: number): Manifest => ({
  namespaceSelector: {
    matchExpressions: [
      { key: 'kubernetes.io/metadata.name', operator: 'In', values: list(count, (index) => `n${index}`) },
    ],
  },
});
const pods = (count: number): readonly Manifest[] => list(count, () => ({ podSelector: {} }));
const except = (count: number): Manifest => ({
  ipBlock: { cidr: '10.0.0.0/8', except: list(count, (index) => `10.${index >> 8}.${index & 255}.0/24`) },
});
const ports = (count: number): readonly Manifest[] => list(count, (index) => ({ port: index + 1 }));

/** The largest policies that are judged, and those that are one larger, with the field and the reason. */
const cases: Readonly<Record<string, readonly [Manifest, Manifest, string]>> = {
  'labels of the pods that the policy is about': [
    policyOf({ podSelector: { matchExpressions: keys(500) } }),
    policyOf({ podSelector: { matchLabels: { a: 'b' }, matchExpressions: keys(500) } }),
    'spec.podSelector: has more than 500 requirements',
  ],
  'labels of a peer': [
    ingress({ from: [{ podSelector: { matchExpressions: keys(500) } }] }),
    ingress({ from: [{ podSelector: {} }, { podSelector: { matchExpressions: keys(501) } }] }),
    'spec.ingress[0].from[1].podSelector: has more than 500 requirements',
  ],
  'names of namespaces, the first of each list not counted': [
    ingress({ from: [values(1001), values(1001), values(1)] }),
    ingress({ from: [values(1001), values(1002)] }),
    'spec.ingress[0].from[1].namespaceSelector: brings the policy to more than 2000 label values in selectors',
  ],
  'peers of all rules': [
    ingress({ from: pods(2500) }, { from: pods(2500) }),
    ingress({ from: pods(2500) }, { from: pods(2501) }),
    'spec.ingress[1].from: brings the policy to more than 5000 peers and except blocks',
  ],
  'except blocks': [
    ingress({ from: [except(4999)] }),
    ingress({ from: [except(5000)] }),
    'spec.ingress[0].from[0].ipBlock.except: brings the policy to more than 5000 peers and except blocks',
  ],
  'ports of all rules': [
    ingress({ from: pods(1), ports: ports(2500) }, { from: pods(1), ports: ports(2500) }),
    ingress({ from: pods(1), ports: ports(2500) }, { from: pods(1), ports: ports(2501) }),
    'spec.ingress[1].ports: brings the policy to more than 5000 ports',
  ],
};

test('a policy beyond a bound is refused before any set is made of it', (t) => {
  for (const [name, [largest, larger, reason]] of Object.entries(cases)) {
    t.equal(tooLarge(largest as unknown as NetworkPolicy), undefined, name);
    const line = `${reason}, which is too large to be judged`;
    for (const rule of ['network/confined-peers', 'network/bounded-addresses']) {
      const decision = judge(rule, larger);
      t.strictSame(linesOf(decision), [line], `${rule}: ${name}`);
      t.equal(decision.outcome, 'denied');
    }
  }
  t.end();
});

test('what has no effect, or cannot be read, is not counted', (t) => {
  const ignored = policyOf({ podSelector: {}, policyTypes: ['Egress'], ingress: [{ from: pods(6000) }] });
  t.equal(tooLarge(ignored as unknown as NetworkPolicy), undefined);
  const odd = [1, null, 'x', { matchLabels: 1, matchExpressions: 1 }, { matchExpressions: [1, { values: 1 }] }];
  const unread = policyOf({ ingress: [{ from: odd.map((podSelector) => ({ podSelector })), ports: 1 }] });
  t.equal(tooLarge(unread as unknown as NetworkPolicy), undefined);
  t.equal(tooLarge({ apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' }), undefined);
  t.end();
});

test('a policy that is too large already may not be changed into another that is', (t) => {
  const old = ingress({ from: pods(6000) });
  const opened = ingress({ from: [...pods(6000), { namespaceSelector: {} }] });
  for (const rule of ['network/confined-peers', 'network/bounded-addresses']) {
    t.equal(judge(rule, opened, { old }).outcome, 'denied', rule);
    const labelled = tweak(old, 'metadata.labels', { a: 'b' });
    t.equal(judge(rule, labelled, { old }).outcome, 'allowed', `${rule}: the same spec`);
    t.equal(judge(rule, ingress({ from: pods(1) }), { old }).outcome, 'allowed', `${rule}: made small`);
  }
  t.end();
});
