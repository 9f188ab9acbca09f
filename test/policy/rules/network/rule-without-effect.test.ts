import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import type { Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/rule-without-effect';
const ingress = (...rules: readonly Manifest[]): readonly string[] =>
  linesOf(judge(rule, policyWith({ policyTypes: ['Ingress'], ingress: rules })));
const within = (narrow: number, wide: number, why = ''): string =>
  `spec.ingress[${narrow}]: allows nothing that spec.ingress[${wide}] does not allow${why}: without it the policy does the same`;
const everybody = ', which has no from and so is for everybody';

const web = { podSelector: { matchLabels: { app: 'web' } } };
const acme = { namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme' } } };
const block = (cidr: string, except?: readonly string[]): Manifest => ({ ipBlock: { cidr, except } });

test('a rule that another covers has no effect', (t) => {
  t.same(ingress({ from: [web] }, {}), [within(0, 1, everybody)], 'everybody');
  t.same(ingress({ from: [web], ports: [{ port: 80 }] }, { from: [web] }), [within(0, 1)], 'more ports');
  t.same(
    ingress({ from: [web], ports: [{ port: 80 }] }, { from: [web], ports: [{ port: 1, endPort: 1024 }] }),
    [within(0, 1)],
    'a range of ports',
  );
  t.same(ingress({ from: [web] }, { from: [{ podSelector: {} }] }), [within(0, 1)], 'more pods');
  t.same(ingress({ from: [acme] }, { from: [web] }), [within(1, 0)], 'the own namespace is the own tenant’s');
  t.same(
    ingress({ from: [block('203.0.113.0/25'), block('203.0.113.128/25')] }, { from: [block('203.0.113.0/24')] }),
    [within(1, 0)],
    'two blocks that add up, and of equal rules the later one',
  );
  t.same(
    ingress(
      { from: [{ podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] } }] },
      { from: [web] },
    ),
    [within(1, 0)],
    'another spelling of the same',
  );
  t.end();
});

test('a rule that allows anything of its own is silent', (t) => {
  t.same(ingress({ from: [web] }, { from: [{ podSelector: { matchLabels: { app: 'db' } } }] }), []);
  t.same(ingress({ from: [web], ports: [{ port: 80 }] }, { ports: [{ port: 443 }] }), []);
  t.same(ingress({ from: [web], ports: [{ port: 53, protocol: 'UDP' }] }, { from: [web], ports: [{ port: 53 }] }), []);
  t.same(ingress({ from: [block('203.0.113.0/24')] }, { from: [block('203.0.113.0/24', ['203.0.113.7/32'])] }), [
    within(1, 0),
  ]);
  t.same(ingress({ from: [block('0.0.0.0/0')] }, { from: [web] }), [], 'addresses are no pods');
  t.same(ingress({ from: [block('0.0.0.0/0')] }, {}), [within(0, 1, everybody)]);
  t.same(ingress({ from: [web] }), [], 'a single rule');
  t.end();
});

test('each direction is looked at alone, and only where it has an effect', (t) => {
  const both = { ingress: [{}], egress: [{}] };
  t.same(linesOf(judge(rule, policyWith({ policyTypes: ['Ingress', 'Egress'], ...both }))), []);
  const egress = { policyTypes: ['Egress'], egress: [{}, { to: [web] }], ingress: [{}, {}] };
  t.same(linesOf(judge(rule, policyWith(egress))), [
    'spec.egress[1]: allows nothing that spec.egress[0] does not allow, which has no to and so is for everybody: without it the policy does the same',
  ]);
  t.match(judge(rule, policyWith(egress)).violations[0]?.fix, 'Remove spec.egress[1]');
  t.end();
});

test('what cannot be read, and what is too much to compare, says nothing', (t) => {
  t.same(ingress({ from: [{}] }, { from: [{}] }), []);
  t.same(ingress({ ports: [{ port: 0 }] }, { ports: [{ port: 0 }] }), []);
  t.same(ingress({ from: [block('10.0.0.1/8')] }, { from: [block('10.0.0.1/8')] }), []);
  const many = Array.from({ length: 400 }, () => ({ from: [web] }));
  t.same(ingress(...many), []);
  t.equal(ingress(...many.slice(0, 50)).length, 49);
  const peers = Array.from({ length: 5001 }, () => web);
  t.same(ingress({ from: peers }, {}), [], 'more than any rule judges');
  t.end();
});

test('in a namespace of nobody, the own namespace is just that', (t) => {
  const nobodys = {
    ...policyWith({ ingress: [{ from: [acme] }, { from: [web] }] }),
    metadata: { name: 'a', namespace: 'default' },
  };
  t.same(linesOf(judge(rule, nobodys)), []);
  t.end();
});
