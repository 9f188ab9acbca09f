import { test } from 'tap';

import type { PodFact } from '../../../../src/policy/facts.ts';
import { twoTenants, type World } from '../../../support/facts.ts';
import { judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'services/no-foreign-endpoints';
const podWith = (...addresses: readonly string[]): PodFact => ({
  name: 'a',
  labels: {},
  hostNetwork: false,
  addresses,
});
const world: World = {
  pods: {
    'acme-dev': [
      podWith('10.0.1.5', 'fd00::5'),
      { name: 'b', labels: {}, hostNetwork: false },
      { ...podWith('192.168.0.4'), hostNetwork: true },
    ],
    'acme-prod': [podWith('10.0.2.5')],
    'globex-dev': [podWith('10.0.3.5')],
  },
};

type Target = readonly [address: string, namespace?: string];
const targetOf = (namespace?: string): Manifest =>
  namespace === undefined ? {} : { targetRef: { kind: 'Pod', namespace } };

const endpoints = (targets: readonly Target[], ports: unknown = [{ port: 8080 }]): Manifest => ({
  ...minimalObject('Endpoints'),
  subsets: [{}, { addresses: targets.map(([ip, namespace]) => ({ ip, ...targetOf(namespace) })), ports }],
});
const slice = (targets: readonly Target[], ports: unknown = [{ port: 8080 }], addressType = 'IPv4'): Manifest => ({
  ...minimalObject('EndpointSlice'),
  addressType,
  endpoints: targets.map(([address, namespace]) => ({ addresses: [address], ...targetOf(namespace) })),
  ports,
});

/** Both kinds, and where their first address stands. */
const kinds = [
  ['Endpoints', endpoints, 'subsets[1].addresses[0].ip'],
  ['EndpointSlice', slice, 'endpoints[0].addresses[0]'],
] as const;

for (const [kind, make, field] of kinds) {
  const lines = (targets: readonly Target[], doing: Doing = {}): readonly string[] =>
    linesOf(judge(rule, make(targets), { world, ...doing }));

  test(`${kind}: pods of the tenant are its own`, (t) => {
    t.same(lines([['10.0.1.5'], ['10.0.1.5', 'acme-dev'], ['fd00::5'], ['10.0.2.5', 'acme-prod']]), []);
    t.end();
  });

  test(`${kind}: any other address is refused`, (t) => {
    const nobody =
      'is the address of no pod of the tenant and lies in the cluster’s pod range, where it may be anybody’s';
    t.same(lines([['10.0.3.5']]), [`${field}: "10.0.3.5" ${nobody}`]);
    t.same(lines([['10.0.3.5', 'globex-dev']]), [`${field}: "10.0.3.5" ${nobody}`]);
    t.same(lines([['10.0.3.5', 'nowhere']]), [`${field}: "10.0.3.5" ${nobody}`]);
    t.same(lines([['10.0.2.5']]), [`${field}: "10.0.2.5" ${nobody}`], 'a pod of another namespace is named');
    t.equal(lines([['10.0.3.5', 'acme-prod']]).length, 1);
    t.same(lines([['192.168.0.4']]), [
      `${field}: "192.168.0.4" is the address of no pod of the tenant and lies in the cluster’s node range, where it may be anybody’s`,
    ]);
    t.same(lines([['203.0.113.9']]), [`${field}: "203.0.113.9" is the address of no pod of the tenant`]);
    t.same(lines([['169.254.169.254']]), [`${field}: "169.254.169.254" is a forbidden address`]);
    t.same(lines([['010.0.1.5']]), [`${field}: "010.0.1.5" is not an IP address that every program reads alike`]);
    t.end();
  });

  test(`${kind}: the controllers and the platform write what they find`, (t) => {
    for (const principal of ['platform', 'controller'] as const) {
      t.same(lines([['10.0.3.5']], { principal: { kind: principal } }), []);
    }
    t.equal(lines([['10.0.3.5']], { principal: { kind: 'unknown' } }).length, 1);
    t.end();
  });

  test(`${kind}: an approved flow leads outside, on its ports`, (t) => {
    const flow = {
      name: 'db',
      direction: 'egress',
      tenants: ['acme'],
      addresses: ['203.0.113.0/28'],
      ports: [{ port: 5432 }],
    };
    const set = setOf(rule, {}, { flows: [flow] });
    const at = (ports: unknown): unknown => judge(rule, make([['203.0.113.9']], ports), { world, set }).outcome;
    t.equal(at([{ port: 5432 }]), 'allowed');
    t.equal(at([{ port: 5432, protocol: 'TCP' }]), 'allowed');
    t.equal(at([{ port: 5432 }, { port: 22 }]), 'denied');
    t.equal(at([{ port: null }]), 'denied');
    t.equal(at([]), 'denied');
    t.equal(at(null), 'denied');
    t.equal(at([{ port: 'no port!' }]), 'denied');
    t.equal(judge(rule, make([['203.0.113.99']], [{ port: 5432 }]), { world, set }).outcome, 'denied');
    const elsewhere = tweak(make([['203.0.113.9']], [{ port: 5432 }]), 'metadata.namespace', 'default');
    t.equal(judge(rule, elsewhere, { world: { pods: { default: [] } }, set }).outcome, 'denied');
    t.end();
  });

  test(`${kind}: what cannot be looked up is undecided`, (t) => {
    t.equal(judge(rule, make([['10.0.1.5']]), { world: { pods: {} } }).outcome, 'undecided');
    t.equal(judge(rule, make([['169.254.169.254']]), { world: { pods: {} } }).outcome, 'denied');
    const half = { pods: { 'acme-dev': [] } };
    t.equal(judge(rule, make([['10.0.2.5', 'acme-prod']]), { world: half }).outcome, 'undecided');
    const other = { pods: { 'acme-prod': [podWith('10.0.2.5')] } };
    t.equal(judge(rule, make([['10.0.2.5', 'acme-prod']]), { world: other }).outcome, 'undecided');
    t.equal(judge(rule, make([['10.0.2.6', 'acme-prod']]), { world: other }).outcome, 'undecided');
    const unknown = { ...world, namespaces: { ...twoTenants, 'acme-prod': undefined } };
    t.equal(judge(rule, make([['10.0.2.5', 'acme-prod']]), { world: unknown }).outcome, 'undecided');
    t.end();
  });

  test(`${kind}: an old address stays, on its ports`, (t) => {
    const old = make([['10.0.3.5']]);
    t.equal(judge(rule, make([['10.0.1.5'], ['10.0.3.5']]), { world, old }).outcome, 'allowed');
    t.equal(judge(rule, make([['10.0.3.5']], [{ port: 22 }]), { world, old }).outcome, 'denied');
    t.end();
  });
}

test('addresses that are not ready count', (t) => {
  const waiting = { ...minimalObject('Endpoints'), subsets: [{ notReadyAddresses: [{ ip: '10.0.3.5' }, {}] }] };
  t.match(linesOf(judge(rule, waiting, { world })), [
    /^subsets\[0\]\.notReadyAddresses\[0\]\.ip: /,
    /^subsets\[0\]\.notReadyAddresses\[1\]\.ip: "" is not an IP/,
  ]);
  t.end();
});

test('names are no endpoints', (t) => {
  t.same(linesOf(judge(rule, slice([['api.globex-dev.svc.cluster.local']], [], 'FQDN'), { world })), [
    'endpoints[0].addresses[0]: "api.globex-dev.svc.cluster.local" is a name, which leads wherever its owner likes',
  ]);
  t.end();
});

test('nothing in it leads nowhere', (t) => {
  t.same(linesOf(judge(rule, minimalObject('Endpoints'), { world })), []);
  t.same(
    linesOf(
      judge(rule, { ...minimalObject('EndpointSlice'), endpoints: [{ addresses: null }], ports: null }, { world }),
    ),
    [],
  );
  t.same(linesOf(judge(rule, { ...minimalObject('EndpointSlice'), endpoints: null }, { world })), []);
  t.end();
});

test('an object that names many namespaces has only some of them looked at', (t) => {
  const names = Array.from({ length: 20 }, (_, index) => `acme-${index}`);
  const namespaces = Object.fromEntries(names.map((name) => [name, { 'tenantgate.dev/tenant': 'acme' }]));
  const pods = Object.fromEntries(names.map((name, index) => [name, [podWith(`10.1.0.${index}`)]]));
  const many = { namespaces: { ...twoTenants, ...namespaces }, pods: { 'acme-dev': [], ...pods } };
  const targets = names.map((name, index): Target => [`10.1.0.${index}`, name]);
  t.equal(judge(rule, slice(targets), { world: many }).outcome, 'denied');
  t.equal(judge(rule, slice(targets.slice(0, 8)), { world: many }).outcome, 'allowed');
  t.end();
});
