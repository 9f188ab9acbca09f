import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { twoTenants, type World } from '../../../support/facts.ts';
import { tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/or-instead-of-and';
const from = (...peers: readonly Manifest[]): Manifest =>
  policyWith({ policyTypes: ['Ingress'], ingress: [{ from: peers }] });
const to = (...peers: readonly Manifest[]): Manifest =>
  policyWith({ policyTypes: ['Egress'], egress: [{ to: peers }] });
const lines = (manifest: Manifest, world: World = {}): readonly string[] => linesOf(judge(rule, manifest, { world }));
const either = (reason: string, field = 'spec.ingress[0].from[1]'): string =>
  `${field}: is a peer of its own, so every pod of the namespaces beside it is a peer as well; ${reason}`;
const included = 'they include this one, so the podSelector changes nothing';
const flow = 'only both together are an approved flow';
const absent = 'no pod of this namespace has such labels';

const pods = (labels: Manifest): Manifest => ({ podSelector: { matchLabels: labels } });
const namespaces = (labels: Manifest): Manifest => ({ namespaceSelector: { matchLabels: labels } });
const named = (name: string): Manifest => namespaces({ 'kubernetes.io/metadata.name': name });
const web = pods({ app: 'web' });
const acme = namespaces({ 'tenantgate.dev/tenant': 'acme' });

test('a podSelector that changes nothing beside its namespaceSelector is warned of', (t) => {
  t.same(lines(from(acme, web)), [either(included)]);
  t.same(lines(from({ namespaceSelector: {} }, web)), [either(included)]);
  t.same(lines(from(namespaces({ env: 'dev' }), web)), [either(included)], 'by the labels that the namespace has');
  t.same(lines(from(web, acme)), [either(included, 'spec.ingress[0].from[0]')], 'in either order');
  const unknownHome = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.same(lines(from({ namespaceSelector: {} }, web), unknownHome), [either(included)], 'every namespace');
  t.same(lines(from(namespaces({ env: 'dev' }), web), unknownHome), [], 'its labels are not known');
  t.same(
    linesOf(judge(rule, from(acme, web), { principal: { kind: 'unknown' } })),
    [either(included)],
    'in manifests too',
  );
  t.end();
});

test('the fix is one peer with both selectors', (t) => {
  t.equal(
    judge(rule, from(acme, web)).violations[0]?.fix,
    'Write one peer with both selectors, for those pods of those namespaces only:\n  from: [{namespaceSelector: {matchLabels: {tenantgate.dev/tenant: acme}}, podSelector: {matchLabels: {app: web}}}]',
  );
  t.end();
});

test('two items that only together are an approved flow are warned of', (t) => {
  const dns = pods({ 'k8s-app': 'kube-dns' });
  t.same(lines(to(named('kube-system'), dns)), [either(flow, 'spec.egress[0].to[1]')]);
  t.same(lines(from(named('kube-system'), dns)), [], 'the flow is for egress');
  t.same(lines(to(named('kube-system'), web)), [], 'other pods');
  const wide = setOf(rule, undefined, {
    flows: [{ name: 'all', direction: 'egress', namespaces: { names: ['kube-system'] } }],
  });
  t.same(linesOf(judge(rule, to(named('kube-system'), dns), { set: wide })), [], 'the namespaces alone are a flow');
  const nobodys = tweak(to(named('kube-system'), dns), 'metadata.namespace', 'default');
  t.same(lines(nobodys), [either(flow, 'spec.egress[0].to[1]')], 'a flow for all is for nobody’s namespaces as well');
  t.end();
});

const pod = (app: string) => ({ name: app, labels: { app }, hostNetwork: false });

test('labels that pods of the other namespace have, and none of the own, are warned of', (t) => {
  const world: World = { pods: { 'acme-dev': [pod('db')], 'acme-prod': [pod('web')] } };
  const policy = from(named('acme-prod'), web);
  t.same(lines(policy, world), [either(absent)]);
  t.same(lines(policy, { pods: { 'acme-dev': [pod('web')], 'acme-prod': [pod('web')] } }), [], 'the own have them too');
  t.same(lines(policy, { pods: { 'acme-dev': [pod('db')], 'acme-prod': [pod('db')] } }), [], 'nobody has them');
  t.same(lines(policy, { pods: { 'acme-dev': [], 'acme-prod': [pod('web')] } }), [], 'no pod is here yet');
  t.same(lines(policy, { pods: {} }), [], 'not known');
  t.same(linesOf(judge(rule, policy, { world, principal: { kind: 'unknown' } })), [], 'pods may be kept elsewhere');
  const others: World = { pods: { 'acme-dev': [pod('db')], 'globex-dev': [pod('web')] } };
  t.same(lines(from(named('globex-dev'), web), others), [], 'what others run is not told');
  t.end();
});

test('peers that are meant as they stand are silent', (t) => {
  t.same(lines(from({ ...acme, ...web })), [], 'one item');
  t.same(lines(from(acme, { podSelector: {} })), [], 'every pod of the own namespace');
  t.same(lines(from(namespaces({ env: 'prod' }), web)), [], 'another namespace, or pods of this one');
  t.same(lines(from(acme, web, pods({ app: 'db' }))), [], 'a list of pods');
  t.same(lines(from(acme, { ipBlock: { cidr: '203.0.113.0/24' } }, web)), [], 'not beside each other');
  t.same(lines(from(acme)), []);
  t.same(lines(from({ namespaceSelector: 7 }, web)), [], 'what cannot be read');
  t.same(
    lines(policyWith({ policyTypes: ['Egress'], ingress: [{ from: [acme, web] }] })),
    [],
    'a rule without an effect',
  );
  t.same(lines(from(...Array.from({ length: 5001 }, () => acme))), [], 'more than any rule judges');
  t.end();
});
