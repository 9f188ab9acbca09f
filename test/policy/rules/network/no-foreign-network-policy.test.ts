import { test } from 'tap';

import { foreignPolicyKinds, type ForeignPolicyKind } from '../../../../src/policy/objects/foreign-policy-kinds.ts';
import type { NetworkPolicy } from '../../../../src/policy/objects/network-policy.ts';
import type { PolicySet } from '../../../../src/policy/policy-set.ts';
import { accountPrincipal, judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import { minimalForeignPolicy, minimalNetworkPolicy, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'network/no-foreign-network-policy';
const kinds = Object.keys(foreignPolicyKinds) as ForeignPolicyKind[];

test('no policy of a network plugin is a tenant’s, in any operation', (t) => {
  for (const kind of kinds) {
    const { namespaced } = foreignPolicyKinds[kind];
    const manifest = minimalForeignPolicy(kind);
    const because = `"${kind}" is a kind for the platform only, since it opens or closes pods ${namespaced ? 'past the NetworkPolicies of the namespace' : 'for the whole cluster'}`;
    const lines = (doing: Doing): readonly string[] =>
      linesOf(judge(rule, manifest, { principal: accountPrincipal, ...doing }));
    t.same(lines({}), [`kind: ${because}`], kind);
    t.same(lines({ operation: 'DELETE' }), [`metadata.name: ${because}`], kind);
    t.same(lines({ principal: { kind: 'platform' } }), [], kind);
    t.same(lines({ principal: { kind: 'controller' }, operation: 'DELETE' }), [], kind);
  }
  t.end();
});

test('one that is there may get labels, and nothing else', (t) => {
  const old = minimalForeignPolicy('NetworkPolicy.projectcalico.org');
  t.equal(judge(rule, tweak(old, 'metadata.labels', { a: 'b' }), { old }).admitted, true);
  t.equal(judge(rule, tweak(old, 'spec', { selector: 'all()' }), { old }).admitted, false);
  const several = tweak(minimalForeignPolicy('CiliumNetworkPolicy'), 'specs', [{}]);
  t.equal(judge(rule, tweak(several, 'specs', [{}, {}]), { old: several }).admitted, false);
  t.end();
});

test('the operator allows kinds, by name and each for itself', (t) => {
  const set = setOf(rule, { allowedUnjudged: ['NetworkPolicy.crd.antrea.io'] });
  t.same(linesOf(judge(rule, minimalForeignPolicy('NetworkPolicy.crd.antrea.io'), { set })), []);
  t.equal(judge(rule, minimalForeignPolicy('NetworkPolicy.projectcalico.org'), { set }).admitted, false);
  t.throws(() => setOf(rule, { allowed: ['NetworkPolicy.crd.antrea.io'] }), 'its meaning is not known');
  t.throws(() => setOf(rule, { allowedUnjudged: ['CiliumNetworkPolicy'] }), 'its meaning is known');
  t.end();
});

const cilium = setOf(rule, { allowed: ['CiliumNetworkPolicy'] });
const policy = (spec: object): Manifest => ({
  ...minimalForeignPolicy('CiliumNetworkPolicy'),
  spec: { endpointSelector: {}, ...spec },
});
const found = (spec: object, set: PolicySet = cilium, doing: Doing = {}): readonly string[] =>
  linesOf(judge(rule, policy(spec), { set, ...doing }));
const toEndpoints = (selector: object, rest: object = {}): object => ({
  egress: [{ toEndpoints: [selector], ...rest }],
});
const namespace = 'io.kubernetes.pod.namespace';
const ofNamespace = 'io.cilium.k8s.namespace.labels';
const dns = { 'k8s:io.kubernetes.pod.namespace': 'kube-system', 'k8s:k8s-app': 'kube-dns' };
const port = (number: string, protocol?: string): object => ({
  toPorts: [{ ports: [{ port: number, ...(protocol === undefined ? {} : { protocol }) }] }],
});

test('selectors of endpoints stay in the policy’s namespace, its tenant, or an approved flow', (t) => {
  const inside: readonly object[] = [
    {},
    { matchLabels: { app: 'web' } },
    { matchLabels: { 'k8s:app': 'web', 'any:tier': 'front' } },
    { matchLabels: { [namespace]: 'acme-dev' } },
    { matchLabels: { [`k8s:${namespace}`]: 'acme-prod' } },
    { matchExpressions: [{ key: `any:${namespace}`, operator: 'In', values: ['acme-dev', 'acme-prod'] }] },
    { matchLabels: { [`${ofNamespace}.tenantgate.dev/tenant`]: 'acme' } },
    { matchLabels: { [`k8s:${ofNamespace}.tenantgate.dev/tenant`]: 'acme', [`${ofNamespace}.env`]: 'prod' } },
    { matchLabels: { [`${ofNamespace}.kubernetes.io/metadata.name`]: 'acme-prod' } },
    { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] },
  ];
  for (const selector of inside) t.same(found(toEndpoints(selector)), [], JSON.stringify(selector));
  t.same(found(toEndpoints({ matchLabels: dns }, port('53', 'UDP'))), [], 'DNS');
  t.same(found({ egress: [{ toEndpoints: [null] }] }), [], 'null reads as {}');
  t.same(found({ ingress: [{}], egress: [{}] }), [], 'a rule that names nothing allows nobody');
  t.end();
});

test('selectors that reach beyond are refused, with a counterexample', (t) => {
  const outside: readonly (readonly [object, RegExp])[] = [
    [
      { matchLabels: { [namespace]: 'globex-dev' } },
      /lets pods out to namespace "globex-dev", which belongs to tenant "globex"/,
    ],
    [{ matchLabels: { [namespace]: 'nowhere' } }, /names namespace "nowhere", which does not exist/],
    [
      { matchExpressions: [{ key: namespace, operator: 'Exists' }] },
      /counterexample: any pod in a namespace .*tenantgate.dev\/tenant=other/,
    ],
    [{ matchLabels: { [`${ofNamespace}.env`]: 'prod' } }, /any tenant may set or leave out label "env"/],
    [{ matchLabels: { [`k8s:${ofNamespace}.tenantgate.dev/tenant`]: 'globex' } }, /beyond those of tenant "acme"/],
    [
      { matchExpressions: [{ key: `${ofNamespace}.env`, operator: 'DoesNotExist' }] },
      /selects what is in no namespace/,
    ],
    [
      { matchExpressions: [{ key: namespace, operator: 'NotIn', values: ['kube-system'] }] },
      /selects what is in no namespace/,
    ],
    [
      { matchExpressions: [{ key: 'reserved:world', operator: 'DoesNotExist' }] },
      /"reserved:world" takes the selector out of every namespace/,
    ],
    [{ matchLabels: { 'reserved:host': '' } }, /"reserved:host" takes the selector out/],
    [{ matchLabels: { 'cidr:0.0.0.0/0': '' } }, /is no label of pods/],
    [{ matchLabels: { 'k8s:io.cilium.k8s.policy.cluster': 'other' } }, /may name another cluster/],
  ];
  for (const [selector, message] of outside) {
    const lines = found(toEndpoints(selector));
    t.equal(lines.length, 1, JSON.stringify(lines));
    t.match(lines[0], message);
    t.match(lines[0], /^spec\.egress\[0\]\.toEndpoints\[0\]/);
  }
  t.end();
});

test('flows are kept in ports and pods', (t) => {
  t.match(found(toEndpoints({ matchLabels: dns }, port('54'))), [
    /^spec\.egress\[0\]\.toPorts: .* goes beyond approved flow "dns"/,
  ]);
  t.match(found(toEndpoints({ matchLabels: { [namespace]: 'kube-system' } }, port('53', 'TCP'))), [
    /^spec\.egress\[0\]\.toEndpoints\[0\]: reaches other pods than approved flow "dns"/,
  ]);
  t.same(found(toEndpoints({ matchLabels: dns }, port('53', 'ICMP'))).length, 1, 'any other protocol is every port');
  t.same(found(toEndpoints({ matchLabels: dns }, { icmps: [{ fields: [{ type: 8 }] }] })).length, 1);
  t.same(found(toEndpoints({ matchLabels: dns }, { toPorts: [{}] })).length, 1, 'no list is every port');
  t.same(found(toEndpoints({ matchLabels: dns }, { toPorts: [{ ports: [null] }] })).length, 1);
  t.same(found(toEndpoints({ matchLabels: dns }, port('0', 'UDP'))).length, 1, '0 is every port of the protocol');
  t.match(found(toEndpoints({}, port('x y'))), [/^spec\.egress\[0\]\.toPorts: /]);
  t.same(found(toEndpoints({}, { toPorts: [{ ports: [{ port: '80', endPort: 90, protocol: '' }] }] })), []);
  const narrow = (labels: object) =>
    judge(rule, policy(toEndpoints({ matchLabels: labels }, port('53', 'UDP'))), { set: cilium });
  t.match(narrow({ [namespace]: 'kube-system' }).violations[0]?.fix, /k8s:k8s-app: kube-dns/);
  t.match(
    judge(rule, policy(toEndpoints({ matchLabels: dns }, port('54', 'UDP'))), { set: cilium }).violations[0]?.fix,
    /port: "53"/,
  );
  const wide = policy(toEndpoints({ matchExpressions: [{ key: namespace, operator: 'Exists' }] }));
  t.match(
    judge(rule, wide, { set: cilium }).violations[0]?.fix,
    /k8s:io\.cilium\.k8s\.namespace\.labels\.tenantgate\.dev\/tenant: acme/,
  );
  const unmanaged = tweak(wide, 'metadata.namespace', 'default');
  t.match(judge(rule, unmanaged, { set: cilium }).violations[0]?.fix, /own namespace:\n {2}toEndpoints:\n {4}- \{\}/);
  t.end();
});

test('the fix is the flow as Cilium writes it', (t) => {
  const flow = {
    name: 'metrics',
    direction: 'egress',
    namespaces: { names: ['kube-system'] },
    pods: { matchExpressions: [{ key: 'app', operator: 'In', values: ['metrics'] }] },
    ports: [{ port: 9000, endPort: 9009 }, { protocol: 'UDP' }],
  };
  const set = setOf(rule, { allowed: ['CiliumNetworkPolicy'] }, { flows: [flow] });
  const fixOf = (labels: object, rest: object = {}) =>
    judge(rule, policy(toEndpoints({ matchLabels: { [namespace]: 'kube-system', ...labels } }, rest)), { set })
      .violations[0]?.fix;
  t.match(fixOf({ app: 'metrics' }), /port: "9000"\n +endPort: 9009\n +- protocol: UDP\n +port: "0"/);
  t.match(fixOf({}, port('9001', 'TCP')), /matchLabels:\n +k8s:app: metrics/);
  t.end();
});

test('peers that are not named are everybody once ports are', (t) => {
  t.match(found({ ingress: [port('80')] }), [
    /^spec\.ingress\[0\]\.fromEndpoints: is absent or empty, which lets everybody in on TCP 80/,
  ]);
  t.match(found({ egress: [{ toEndpoints: [], ...port('80') }] }), [
    /^spec\.egress\[0\]\.toEndpoints: is absent or empty/,
  ]);
  t.end();
});

test('entities are refused unless the operator allows them, in that direction', (t) => {
  for (const entity of [
    'all',
    'world',
    'world-ipv4',
    'cluster',
    'host',
    'remote-node',
    'kube-apiserver',
    'health',
    'new',
    7,
  ]) {
    t.match(
      found({ ingress: [{ fromEntities: [entity] }] }),
      [/^spec\.ingress\[0\]\.fromEntities\[0\]: .* lets in /],
      String(entity),
    );
    t.match(found({ egress: [{ toEntities: [entity] }] }), [
      /^spec\.egress\[0\]\.toEntities\[0\]: .* lets pods out to /,
    ]);
  }
  t.same(found({ egress: [{ toEntities: ['none'] }] }), []);
  const set = setOf(rule, { allowed: ['CiliumNetworkPolicy'], egressEntities: ['kube-apiserver'] });
  t.same(found({ egress: [{ toEntities: ['kube-apiserver'] }] }, set), []);
  t.equal(found({ ingress: [{ fromEntities: ['kube-apiserver'] }] }, set).length, 1);
  t.end();
});

test('address blocks have the bounds that those of NetworkPolicies have', (t) => {
  t.same(found({ egress: [{ toCIDR: ['203.0.113.0/24', '203.0.113.7'] }] }), []);
  t.same(found({ egress: [{ toCIDRSet: [{ cidr: '203.0.113.0/24', except: ['203.0.113.0/25'] }] }] }), []);
  t.match(found({ ingress: [{ fromCIDR: ['0.0.0.0/0'] }] })[0], /^spec\.ingress\[0\]\.fromCIDR\[0\]: /);
  t.match(found({ egress: [{ toCIDRSet: [{ cidr: '10.0.0.0/16' }] }] }), [
    /toCIDRSet\[0\]: .* overlaps the cluster’s pod range/,
  ]);
  t.match(found({ egress: [{ toCIDR: ['203.0.113.1/24'] }] }), [/toCIDR\[0\]/], 'host bits');
  t.match(found({ egress: [{ toCIDR: [7] }] }), [/toCIDR\[0\]/]);
  t.match(found({ egress: [{ toCIDRSet: [{ cidrGroupRef: 'internet' }] }] }), [
    'spec.egress[0].toCIDRSet[0].cidrGroupRef: names internet, and which blocks that is cannot be told',
  ]);
  const halves = [{ toCIDR: ['128.0.0.0/12'] }, { toCIDR: ['128.16.0.0/12'] }];
  t.ok(found({ egress: halves }).length > 0);
  const blocks = Array.from({ length: 16 }, (_, index) => `203.${index * 2}.0.0/16`);
  const ofOthers = tweak(tweak(minimalNetworkPolicy(), 'spec.policyTypes', ['Egress']), 'spec.egress', [
    { to: blocks.map((cidr) => ({ ipBlock: { cidr } })) },
  ]) as unknown as NetworkPolicy;
  const world = { networkPolicies: { 'acme-dev': [ofOthers] } };
  t.match(found({ egress: [{ toCIDR: ['198.51.0.0/16'] }] }, cilium, { world }), [
    /^spec\.egress: together with the other policies of the namespace/,
  ]);
  t.end();
});

test('Services are those of namespaces that pods may reach', (t) => {
  const service = (value: object): object => ({ egress: [{ toServices: [value] }] });
  t.same(found(service({ k8sService: { serviceName: 'db', namespace: 'acme-prod' } })), []);
  t.same(found(service({ k8sServiceSelector: { selector: { matchLabels: { a: 'b' } }, namespace: 'acme-dev' } })), []);
  t.match(found(service({ k8sService: { serviceName: 'db', namespace: 'globex-dev' } })), [
    /"globex-dev", which belongs to tenant "globex"/,
  ]);
  t.match(
    found(service({ k8sService: { serviceName: 'db' } })),
    [/^spec\.egress\[0\]\.toServices\[0\]\.k8sService: /],
    'every namespace',
  );
  t.equal(found(service({ k8sServiceSelector: { selector: {}, namespace: 7 } })).length, 1);
  t.match(found(service({ other: {}, k8sService: null })), [/toServices\[0\]\.other: has no meaning/]);
  t.match(found({ egress: [{ toServices: ['x'] }] }), [/toServices\[0\]: has no meaning/]);
  t.end();
});

test('names are within the approved ones', (t) => {
  const set = setOf(rule, {
    allowed: ['CiliumNetworkPolicy'],
    approvedNames: ['*.example.com', 'a.test', 'not valid'],
  });
  const name = (value: object): object => ({ egress: [{ toFQDNs: [value] }] });
  t.same(found(name({ matchName: 'API.example.com.', matchPattern: '' }), set), []);
  t.same(found(name({ matchPattern: 'api-*.example.com' }), set), []);
  for (const value of [
    { matchName: 'example.com' },
    { matchName: '*.example.com' },
    { matchPattern: '*' },
    { matchPattern: '**.example.com' },
    { matchName: 7 },
    { other: 'a.test' },
  ]) {
    t.match(
      found(name(value), set),
      [/^spec\.egress\[0\]\.toFQDNs\[0\]\.\w+: .* is not within the approved names/],
      JSON.stringify(value),
    );
  }
  t.match(found({ egress: [{ toFQDNs: ['x'] }] }, set), [/toFQDNs\[0\]: has no meaning/]);
  t.end();
});

test('what only takes away is admitted, and what is not known is refused by its field', (t) => {
  t.same(found({ ingressDeny: [{ fromEntities: ['all'] }], egressDeny: [{}], description: 'd', labels: [] }), []);
  t.same(found({ enableDefaultDeny: { ingress: true }, nodeSelector: null }), [], 'null is absent');
  t.same(found(toEndpoints({}, { authentication: { mode: 'required' } })), []);
  const http = (rules: object): object => toEndpoints({}, { toPorts: [{ ports: [{ port: '80' }], rules }] });
  t.same(found(http({ http: [{ path: '/', method: 'GET' }], dns: [] })), []);
  const refused: readonly (readonly [object, string])[] = [
    [{ nodeSelector: {} }, 'spec.nodeSelector'],
    [{ enableDefaultDeny: { egress: false } }, 'spec.enableDefaultDeny.egress'],
    [{ ingress: {} }, 'spec.ingress'],
    [{ ingress: ['x'] }, 'spec.ingress[0]'],
    [{ ingress: [{ fromNodes: [{}] }] }, 'spec.ingress[0].fromNodes'],
    [{ ingress: [{ fromRequires: [{}] }] }, 'spec.ingress[0].fromRequires'],
    [{ ingress: [{ toFQDNs: [] }] }, 'spec.ingress[0].toFQDNs'],
    [{ egress: [{ toGroups: [{}] }] }, 'spec.egress[0].toGroups'],
    [{ egress: [{ toEndpoints: {} }] }, 'spec.egress[0].toEndpoints'],
    [toEndpoints({}, { authentication: { mode: 'disabled' } }), 'spec.egress[0].authentication.mode'],
    [toEndpoints({}, { authentication: 'x' }), 'spec.egress[0].authentication.mode'],
    [toEndpoints({}, { toPorts: [{ listener: {} }] }), 'spec.egress[0].toPorts[0].listener'],
    [toEndpoints({}, { toPorts: ['x'] }), 'spec.egress[0].toPorts[0]'],
    [http({ http: [{ headerMatches: [] }, 'x'] }), 'spec.egress[0].toPorts[0].rules.http[0].headerMatches'],
    [toEndpoints({ matchNames: {} }), 'spec.egress[0].toEndpoints[0].matchNames'],
    [toEndpoints({ matchLabels: 7 }), 'spec.egress[0].toEndpoints[0].matchLabels'],
    [toEndpoints({ matchExpressions: {} }), 'spec.egress[0].toEndpoints[0].matchExpressions'],
    [toEndpoints({ matchExpressions: ['x'] }), 'spec.egress[0].toEndpoints[0].matchExpressions[0]'],
    [
      toEndpoints({ matchExpressions: [{ operator: 'Exists' }] }),
      'spec.egress[0].toEndpoints[0].matchExpressions[0].key',
    ],
    [
      toEndpoints({ matchExpressions: [{ key: 'a', operator: 'Is' }] }),
      'spec.egress[0].toEndpoints[0].matchExpressions[0]',
    ],
    [{ egress: [{ toEndpoints: ['x'] }] }, 'spec.egress[0].toEndpoints[0]'],
    [{ endpointSelector: { matchLabels: { 'reserved:init': '' } } }, 'spec.endpointSelector.matchLabels'],
  ];
  for (const [spec, field] of refused) {
    t.same(
      found(spec).map((line) => line.split(': ')[0]),
      [field],
      JSON.stringify(spec),
    );
  }
  t.end();
});

test('specs are judged like spec, and an allowed policy may be deleted', (t) => {
  const { spec, ...rest } = policy({});
  const several = { ...rest, specs: [spec, { endpointSelector: {}, ingress: [{ fromEntities: ['all'] }] }, 'x'] };
  t.match(linesOf(judge(rule, several, { set: cilium })), [/^specs\[1\]\.ingress\[0\]\.fromEntities\[0\]: /]);
  t.same(linesOf(judge(rule, several, { set: cilium, operation: 'DELETE' })), []);
  t.match(
    linesOf(
      judge(
        rule,
        { ...rest, extra: 1, specs: [{ endpointSelector: {}, egress: [{ toCIDR: ['203.0.113.0/24'] }] }, spec] },
        { set: cilium },
      ),
    ),
    [/^extra: /],
  );
  t.end();
});

test('what was open before is no worse after a change that opens no more', (t) => {
  const wide = policy(toEndpoints({ matchExpressions: [{ key: namespace, operator: 'Exists' }] }, port('80', 'TCP')));
  const narrower = policy(toEndpoints({ matchLabels: { [namespace]: 'globex-dev' } }, port('80', 'TCP')));
  t.equal(judge(rule, narrower, { old: wide, set: cilium }).admitted, true);
  t.equal(judge(rule, wide, { old: narrower, set: cilium }).admitted, false);
  t.end();
});

test('what cannot be known is undecided, and too much is refused', (t) => {
  const world = { namespaces: { 'acme-dev': undefined, 'globex-dev': { 'tenantgate.dev/tenant': 'globex' } } };
  const selector = { matchLabels: { [namespace]: 'globex-dev' } };
  t.equal(judge(rule, policy(toEndpoints(selector)), { set: cilium, world }).outcome, 'undecided');
  const unread = { networkPolicies: {} };
  t.equal(
    judge(rule, policy({ egress: [{ toCIDR: ['203.0.113.0/28'] }] }), { set: cilium, world: unread }).outcome,
    'undecided',
  );
  const peers = Array.from({ length: 2001 }, () => ({}));
  t.match(found({ ingress: [{ fromEndpoints: peers }] }), [/^spec: names more than 2000 peers/]);
  t.end();
});
