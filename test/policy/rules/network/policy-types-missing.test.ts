import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { minimalNetworkPolicy, tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/policy-types-missing';
const lines = (spec: Manifest): readonly string[] => linesOf(judge(rule, policyWith(spec)));
const own = [{ podSelector: {} }];

test('rules of a direction that policyTypes does not list are ignored', (t) => {
  t.same(lines({ policyTypes: ['Ingress'], egress: [{ to: own }] }), [
    'spec.egress: its rules are ignored, since policyTypes does not list Egress: the policy does not isolate egress',
  ]);
  t.same(lines({ policyTypes: ['Egress'], ingress: [{ from: own }], egress: [{ to: own }] }), [
    'spec.ingress: its rules are ignored, since policyTypes does not list Ingress: the policy does not isolate ingress',
  ]);
  t.same(lines({ policyTypes: ['Egress'], ingress: [] }), [], 'no rule is lost');
  t.end();
});

test('absent policyTypes beside egress rules alone deny all ingress', (t) => {
  const message =
    'spec.policyTypes: is absent, which beside egress rules means [Ingress, Egress]: without an ingress rule, nobody may call the pods any more';
  t.same(lines({ egress: [{ to: own }] }), [message]);
  t.same(lines({ egress: [{ to: own }], ingress: null, policyTypes: [] }), [message], 'other spellings');
  t.same(lines({ egress: [{ to: own }], ingress: [] }), [], 'an empty list shows that it is meant');
  t.same(lines({ egress: [{ to: own }], ingress: [{ from: own }] }), [], 'both are written');
  t.match(judge(rule, policyWith({ egress: [{ to: own }] })).violations[0]?.fix, /policyTypes: \[Egress\]$/);
  t.end();
});

test('absent policyTypes beside an empty egress isolate ingress only', (t) => {
  t.same(lines({ egress: [] }), [
    'spec.policyTypes: is absent, which beside an empty egress means [Ingress]: egress stays open, and only ingress is isolated',
  ]);
  t.match(judge(rule, policyWith({ egress: [], ingress: [] })).violations[0]?.fix, /policyTypes: \[Ingress, Egress\]$/);
  t.end();
});

test('what policies usually say is silent', (t) => {
  t.same(lines({}), [], 'a default-deny for ingress');
  t.same(lines({ ingress: [{ from: own }] }), []);
  t.same(lines({ policyTypes: ['Ingress', 'Egress'] }), [], 'a default-deny for both');
  t.same(lines({ policyTypes: ['Egress'], egress: [{ to: own }] }), []);
  t.same(linesOf(judge(rule, tweak(minimalNetworkPolicy(), 'spec', undefined))), [], 'no spec at all');
  t.end();
});
