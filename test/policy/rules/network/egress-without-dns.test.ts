import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { twoTenants, type World } from '../../../support/facts.ts';
import { tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { policyWith, storedPolicy } from '../../../support/network-policies.ts';

const rule = 'network/egress-without-dns';
type Policies = readonly ReturnType<typeof storedPolicy>[];
const beside = (...policies: Policies): World => ({ networkPolicies: { 'acme-dev': policies } });
const lines = (manifest: Manifest, world: World = {}): readonly string[] => linesOf(judge(rule, manifest, { world }));

const app = (value: string): Manifest => ({ matchLabels: { app: value } });
const database = { to: [{ podSelector: app('db') }], ports: [{ port: 5432 }] };
const udp = { port: 53, protocol: 'UDP' };
const tcp = { port: 53, protocol: 'TCP' };
const kubeDns = {
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } },
  podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } },
};
const toDns = { to: [kubeDns], ports: [udp, tcp] };
const egress = (...rules: readonly Manifest[]): Manifest => ({ policyTypes: ['Egress'], egress: rules });
const ofWeb = (...rules: readonly Manifest[]): Manifest => policyWith({ podSelector: app('web'), ...egress(...rules) });

const lacks = (protocol: string, labels: string, loss: string): string =>
  `spec.egress: a pod with ${labels} may call others, but no policy of namespace "acme-dev" lets it reach DNS on ${protocol} 53, so ${loss}`;
const noDns = (labels = 'app=web'): string => lacks('UDP', labels, 'names are not found');
const noTcp = lacks('TCP', 'app=web', 'answers too long for UDP are lost');

test('egress rules without DNS are warned of, with the policy that allows it', (t) => {
  t.same(lines(ofWeb(database)), [noDns()]);
  t.same(lines(policyWith(egress(database))), [noDns('no labels')]);
  const { outcome, violations } = judge(rule, ofWeb(database));
  t.equal(outcome, 'allowed');
  t.equal(
    violations[0]?.fix,
    'Allow DNS:\n  egress: [{to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}], ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]}]',
  );
  t.end();
});

test('DNS that the policy or another one allows is found', (t) => {
  t.same(lines(ofWeb(database, toDns)), []);
  t.same(lines(ofWeb(database), beside(storedPolicy(egress(toDns), 'allow-dns'))), []);
  const ofAll = storedPolicy(
    { ...egress(toDns), podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] } },
    'dns',
  );
  t.same(lines(ofWeb(database), beside(ofAll)), []);
  t.same(lines(ofWeb(database, { to: [kubeDns], ports: [udp] }, { to: [kubeDns], ports: [tcp] })), [], 'in two rules');
  t.same(lines(ofWeb(database, { to: [{ namespaceSelector: {} }], ports: [udp, tcp] })), [], 'every namespace');
  t.same(
    lines(
      ofWeb(database, {
        ports: [
          { port: 1, endPort: 100 },
          { ...udp, endPort: 60 },
        ],
      }),
    ),
    [],
    'everybody',
  );
  t.same(lines(ofWeb({})), [], 'everything');
  t.same(
    lines(ofWeb(database, { to: [{ ipBlock: { cidr: '203.0.113.53/32' } }], ports: [udp, tcp] })),
    [],
    'a server outside',
  );
  t.same(
    lines(ofWeb(database, { to: [kubeDns], ports: [{ port: 'dns', protocol: 'UDP' }, { port: 'dns-tcp' }] })),
    [],
    'by name',
  );
  t.end();
});

test('what leads somewhere else is no DNS', (t) => {
  t.same(lines(ofWeb({ to: [{ podSelector: {} }] })), [noDns()], 'the own namespace, on every port');
  t.same(lines(ofWeb({ to: [kubeDns], ports: [{ port: 8080 }] })), [noDns()], 'another port');
  const other = { ...kubeDns, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'acme-prod' } } };
  t.same(lines(ofWeb({ to: [other], ports: [udp, tcp] })), [noDns()], 'another namespace');
  t.same(lines(ofWeb({ to: [{ podSelector: {} }] }), { namespaces: { ...twoTenants, 'acme-dev': undefined } }), [
    noDns(),
  ]);
  t.end();
});

test('DNS over UDP alone is warned of, unless no more is approved', (t) => {
  const udpOnly = ofWeb(database, { to: [kubeDns], ports: [udp] });
  t.same(lines(udpOnly), [noTcp]);
  const flow = { name: 'dns', direction: 'egress', namespaces: { names: ['kube-system'] }, ports: [udp] };
  t.same(linesOf(judge(rule, udpOnly, { set: setOf(rule, undefined, { flows: [flow] }) })), []);
  t.end();
});

test('without an approved flow, DNS may be anywhere outside the own namespace', (t) => {
  const set = setOf(rule, undefined, { flows: [] });
  const found = (...rules: readonly Manifest[]) => linesOf(judge(rule, ofWeb(...rules), { set }));
  t.same(found(database), [noDns()]);
  t.same(found({ to: [{ namespaceSelector: { matchLabels: { a: 'b' } } }] }), []);
  t.same(found({ to: [{ podSelector: {} }] }), [noDns()], 'the own namespace, on every port');
  t.same(found({ to: [{ podSelector: {} }], ports: [udp, tcp] }), [], 'a DNS of its own, on its port');
  t.match(judge(rule, ofWeb(database), { set }).violations[0]?.fix, /metadata.name: kube-system.*k8s-app: kube-dns/);
  t.end();
});

test('the port of DNS is the operator’s to say', (t) => {
  const flow = { name: 'dns', direction: 'egress', namespaces: { names: ['openshift-dns'] } };
  const set = setOf(rule, { ports: [5353] }, { flows: [flow] });
  const openshift = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'openshift-dns' } } };
  const on = (port: number) => ofWeb(database, { to: [openshift], ports: [{ port }, { port, protocol: 'UDP' }] });
  t.same(linesOf(judge(rule, on(5353), { set })), []);
  const decision = judge(rule, on(53), { set });
  t.match(linesOf(decision), [/lets it reach DNS on UDP 5353/]);
  t.match(decision.violations[0]?.fix, /metadata.name: openshift-dns.*podSelector: \{\}\}.*port: 5353/);
  t.end();
});

test('a flow may lead to several namespaces by name', (t) => {
  const flow = { name: 'dns', direction: 'egress', namespaces: { names: ['dns-a', 'dns-b'] }, ports: [udp, tcp] };
  const { violations } = judge(rule, ofWeb(database), { set: setOf(rule, undefined, { flows: [flow] }) });
  t.match(violations[0]?.fix, /operator: In, values: \[dns-a, dns-b\]/);
  t.end();
});

test('a flow may lead to namespaces by their labels', (t) => {
  const selector = { matchLabels: { 'tenantgate.dev/dns': 'yes' } };
  const set = setOf(rule, undefined, {
    flows: [{ name: 'dns', direction: 'egress', namespaces: { selector }, ports: [udp, tcp] }],
  });
  t.match(
    judge(rule, ofWeb({ to: [{ podSelector: {} }] }), { set }).violations[0]?.fix,
    /namespaceSelector: \{matchLabels: \{tenantgate.dev\/dns: "yes"\}\}/,
  );
  const unknownHome = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  const decision = judge(rule, ofWeb({ to: [{ podSelector: {} }] }), { set, world: unknownHome });
  t.same(linesOf(decision), [], 'the own namespace may be one of them');
  t.end();
});

const pod = (value: string, hostNetwork = false) => ({ name: value, labels: { app: value }, hostNetwork });

test('all policies of the namespace are judged together, by what pods may do after all', (t) => {
  const denyAll = policyWith({ policyTypes: ['Ingress', 'Egress'] });
  t.same(lines(denyAll), [], 'who may call nobody needs no names');
  const allowDatabase = storedPolicy({ podSelector: app('web'), ...egress(database) }, 'database');
  t.same(lines(denyAll, beside(allowDatabase)), [noDns()], 'the deny closes what the other leaves open');
  t.same(lines(denyAll, beside(allowDatabase, storedPolicy(egress(toDns), 'dns'))), []);
  const going = {
    ...storedPolicy(egress(toDns), 'dns'),
    metadata: { name: 'dns', deletionTimestamp: '2026-01-01T00:00:00Z' },
  };
  t.same(lines(ofWeb(database), beside(going)), [noDns()], 'a policy that is on its way out');
  t.same(lines(ofWeb(database), beside(storedPolicy(egress(toDns), 'web'))), [noDns()], 'itself before the change');
  t.end();
});

test('where DNS is allowed to some, only pods that are there count', (t) => {
  const dnsOfWeb = storedPolicy({ podSelector: app('web'), ...egress(toDns) }, 'dns');
  const all = policyWith(egress(database), 'all');
  const holding = (...pods: readonly ReturnType<typeof pod>[]): World => ({
    ...beside(dnsOfWeb),
    pods: { 'acme-dev': pods },
  });
  t.same(lines(all, holding(pod('web'))), []);
  t.same(lines(all, holding(pod('web'), pod('db'))), [noDns('app=db')]);
  t.same(lines(all, holding(pod('web'), pod('agent', true))), [], 'the host’s network is not governed');
  t.same(lines(all, holding()), [], 'no pod yet');
  t.same(lines(all, { ...beside(dnsOfWeb), pods: {} }), [], 'pods are not known');
  const byHalves = storedPolicy(
    { podSelector: { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }, ...egress(toDns) },
    'rest',
  );
  const others = storedPolicy(
    { podSelector: { matchExpressions: [{ key: 'app', operator: 'Exists' }] }, ...egress(toDns) },
    'apps',
  );
  t.same(lines(all, beside(byHalves, others)), [], 'two selectors that complete each other');
  t.end();
});

test('what is not known or too much to prove says nothing', (t) => {
  const unknown = judge(rule, ofWeb(database), { world: { networkPolicies: {} } });
  t.match(unknown, {
    outcome: 'allowed',
    violations: [],
    adviceFacts: [{ fact: 'networkPoliciesOf', namespace: 'acme-dev' }],
  });
  t.same(
    judge(rule, ofWeb(database, toDns), { world: { networkPolicies: {} } }).adviceFacts,
    [],
    'no read for nothing',
  );
  t.same(
    linesOf(judge(rule, ofWeb(database), { principal: { kind: 'unknown' } })),
    [],
    'policies may be kept elsewhere',
  );
  const some = (count: number, spec: Manifest) =>
    Array.from({ length: count }, (_, index) => storedPolicy(spec, `p${index}`));
  t.same(lines(ofWeb(database), beside(...some(101, {}))), [], 'more policies than are judged');
  const tangled = { podSelector: { matchLabels: { a: '1', b: '2', c: '3' } }, ...egress(toDns) };
  t.same(lines(ofWeb(database), beside(...some(6, tangled))), [], 'more pieces than are proved');
  t.same(lines(policyWith({ podSelector: 7, ...egress(database) })), []);
  t.same(lines(policyWith({ ...egress(database), policyTypes: ['Ingress'] })), [], 'egress is not isolated');
  t.same(
    lines(policyWith(egress({ to: Array.from({ length: 5001 }, () => kubeDns) }))),
    [],
    'more than any rule judges',
  );
  const oversize = storedPolicy(egress({ to: Array.from({ length: 5001 }, () => kubeDns) }), 'large');
  t.same(lines(ofWeb(database), beside(oversize)), [noDns()]);
  t.same(lines(ofWeb({ ports: [{ port: 0 }] })), [], 'ports that cannot be read may be any');
  t.same(lines(ofWeb({ to: [{ podSelector: 7 }], ports: [udp, tcp] })), [], 'and so may peers');
  t.same(lines(ofWeb(database), beside(storedPolicy({ podSelector: 7, ...egress(toDns, database) }, 'odd'))), [
    noDns(),
  ]);
  t.same(
    lines(tweak(ofWeb(database), 'metadata.namespace', 'default')).length,
    1,
    'nobody’s namespace has the flows for all',
  );
  t.end();
});
