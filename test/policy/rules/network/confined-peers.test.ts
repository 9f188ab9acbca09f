import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';

import { judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import { minimalNetworkPolicy, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'network/confined-peers';
const tenantLabel = 'tenantgate.dev/tenant';
const nameLabel = 'kubernetes.io/metadata.name';

const expression = (key: string, operator: string, values?: readonly string[]): Manifest => ({
  matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }],
});
const labels = (matchLabels: Manifest): Manifest => ({ matchLabels });
const named = (...names: readonly string[]): Manifest => expression(nameLabel, 'In', names);
const policyWith = (direction: 'ingress' | 'egress', ...rules: readonly unknown[]): Manifest =>
  tweak(minimalNetworkPolicy(), ['spec', direction], rules);
const from = (...peers: readonly unknown[]): Manifest => policyWith('ingress', { from: peers });
const to = (peers: readonly unknown[], ports?: readonly unknown[]): Manifest =>
  policyWith('egress', ports === undefined ? { to: peers } : { to: peers, ports });

const kubeSystem = labels({ [nameLabel]: 'kube-system' });
const dnsPods = labels({ 'k8s-app': 'kube-dns' });
const dns = { namespaceSelector: kubeSystem, podSelector: dnsPods };
const udp53 = { protocol: 'UDP', port: 53 };
const tcp53 = { protocol: 'TCP', port: 53 };

const anybody = 'counterexample: any pod in a namespace labelled tenantgate.dev/tenant=other';
const beyond = 'namespaces beyond those of tenant "acme"';
const peerField = 'spec.ingress[0].from[0].namespaceSelector';

/** Selectors that reach beyond tenant acme: the manifest, and the one violation it has. */
const refused: Readonly<Record<string, readonly [Manifest, string]>> = {
  'an empty namespaceSelector lets every tenant in': [
    from({ namespaceSelector: {} }),
    `${peerField}: {} lets in ${beyond} on every port; ${anybody}`,
  ],
  'Exists on the name label matches every namespace': [
    from({ namespaceSelector: expression(nameLabel, 'Exists') }),
    `${peerField}: {matchExpressions: [{key: ${nameLabel}, operator: Exists}]} lets in ${beyond} on every port; counterexample: any pod in a namespace "other" labelled tenantgate.dev/tenant=other`,
  ],
  'Exists on the tenant label matches every tenant': [
    from({ namespaceSelector: expression(tenantLabel, 'Exists') }),
    `${peerField}: {matchExpressions: [{key: ${tenantLabel}, operator: Exists}]} lets in ${beyond} on every port; ${anybody}`,
  ],
  'NotIn on the tenant label is everybody else': [
    from({ namespaceSelector: expression(tenantLabel, 'NotIn', ['x']) }),
    `${peerField}: {matchExpressions: [{key: ${tenantLabel}, operator: NotIn, values: [x]}]} lets in ${beyond} on every port; ${anybody}`,
  ],
  'NotIn of the own tenant is every other tenant': [
    from({ namespaceSelector: expression(tenantLabel, 'NotIn', ['acme']) }),
    `${peerField}: {matchExpressions: [{key: ${tenantLabel}, operator: NotIn, values: [acme]}]} lets in ${beyond} on every port; ${anybody}`,
  ],
  'NotIn on the name label is all namespaces but one': [
    from({ namespaceSelector: expression(nameLabel, 'NotIn', ['globex-dev']) }),
    `${peerField}: {matchExpressions: [{key: ${nameLabel}, operator: NotIn, values: [globex-dev]}]} lets in ${beyond} on every port; counterexample: any pod in a namespace "other" labelled tenantgate.dev/tenant=other`,
  ],
  'DoesNotExist on a label that any tenant may leave out': [
    from({ namespaceSelector: expression('team', 'DoesNotExist') }),
    `${peerField}: {matchExpressions: [{key: team, operator: DoesNotExist}]} lets in ${beyond} on every port, since any tenant may set or leave out label "team" on a namespace of its own; ${anybody}`,
  ],
  'DoesNotExist on the tenant label is the platform and nobody': [
    from({ namespaceSelector: expression(tenantLabel, 'DoesNotExist') }),
    `${peerField}: {matchExpressions: [{key: ${tenantLabel}, operator: DoesNotExist}]} lets in ${beyond} on every port; counterexample: any pod in a namespace without a tenant`,
  ],
  'In with the own tenant and another': [
    from({ namespaceSelector: expression(tenantLabel, 'In', ['acme', 'other']) }),
    `${peerField}: {matchExpressions: [{key: ${tenantLabel}, operator: In, values: [acme, other]}]} lets in ${beyond} on every port; ${anybody}`,
  ],
  'a label that tenants set themselves': [
    from({ namespaceSelector: labels({ env: 'prod' }) }),
    `${peerField}: {matchLabels: {env: prod}} lets in ${beyond} on every port, since any tenant may set or leave out label "env" on a namespace of its own; counterexample: any pod in a namespace labelled env=prod,tenantgate.dev/tenant=other`,
  ],
  'a podSelector beside a namespaceSelector that only looks narrow': [
    from({ namespaceSelector: labels({ env: 'prod' }), podSelector: labels({ app: 'web' }) }),
    `${peerField}: {matchLabels: {env: prod}} lets in ${beyond} on every port, since any tenant may set or leave out label "env" on a namespace of its own; counterexample: a pod labelled app=web in a namespace labelled env=prod,tenantgate.dev/tenant=other`,
  ],
  'a podSelector beside an empty namespaceSelector': [
    from({ namespaceSelector: {}, podSelector: labels({ app: 'web' }) }),
    `${peerField}: {} lets in ${beyond} on every port; counterexample: a pod labelled app=web in a namespace labelled tenantgate.dev/tenant=other`,
  ],
  'an absent from is everybody': [
    policyWith('ingress', {}),
    `spec.ingress[0].from: is absent or empty, which lets everybody in on every port: every pod of every tenant, every node and every address; ${anybody}`,
  ],
  'an empty from is everybody': [
    from(),
    `spec.ingress[0].from: is absent or empty, which lets everybody in on every port: every pod of every tenant, every node and every address; ${anybody}`,
  ],
  'a null from is everybody': [
    policyWith('ingress', { from: null }),
    `spec.ingress[0].from: is absent or empty, which lets everybody in on every port: every pod of every tenant, every node and every address; ${anybody}`,
  ],
  'an absent to is everybody': [
    policyWith('egress', { ports: [{ port: 443 }] }),
    `spec.egress[0].to: is absent or empty, which lets pods out to everybody on TCP 443: every pod of every tenant, every node and every address; ${anybody}`,
  ],
  'absent ports towards a flow that allows two': [
    to([dns]),
    'spec.egress[0].ports: every port to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on TCP 1',
  ],
  'another port towards a flow': [
    to([dns], [udp53, { protocol: 'TCP', port: 443 }]),
    'spec.egress[0].ports: TCP 443, UDP 53 to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on TCP 443',
  ],
  'an absent port of one protocol towards a flow': [
    to([dns], [{ protocol: 'UDP' }]),
    'spec.egress[0].ports: every UDP port to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on UDP 1',
  ],
  'another protocol towards a flow': [
    to([dns], [{ protocol: 'SCTP', port: 53 }]),
    'spec.egress[0].ports: SCTP 53 to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on SCTP 53',
  ],
  'a range that begins inside a flow and ends beyond it': [
    to([dns], [{ protocol: 'UDP', port: 53, endPort: 54 }]),
    'spec.egress[0].ports: UDP 53-54 to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on UDP 54',
  ],
  'a named port, which may be any number': [
    to([dns], [{ protocol: 'UDP', port: 'dns' }]),
    'spec.egress[0].ports: UDP "dns" to spec.egress[0].to[0] goes beyond approved flow "dns", which has TCP 53, UDP 53; counterexample: a pod there labelled k8s-app=kube-dns on UDP "dns"',
  ],
  'other pods of the namespace of a flow': [
    to([{ namespaceSelector: kubeSystem }], [udp53]),
    'spec.egress[0].to[0].podSelector: reaches other pods than approved flow "dns", which has pods labelled k8s-app=kube-dns; counterexample: any pod there on UDP 53',
  ],
  'a flow in the other direction': [
    from(dns),
    `${peerField}: {matchLabels: {${nameLabel}: kube-system}} lets in namespace "kube-system", which belongs to the platform and is part of no approved flow, on every port; counterexample: a pod there labelled k8s-app=kube-dns`,
  ],
  'the pods of a flow in another namespace': [
    to([{ namespaceSelector: {}, podSelector: dnsPods }], [udp53]),
    'spec.egress[0].to[0].namespaceSelector: {} lets pods out to namespaces beyond those of tenant "acme" on UDP 53; counterexample: a pod labelled k8s-app=kube-dns in a namespace labelled tenantgate.dev/tenant=other, called on UDP 53',
  ],
  'a name that no namespace has yet': [
    from({ namespaceSelector: named('acme-next') }),
    `${peerField}: {matchExpressions: [{key: ${nameLabel}, operator: In, values: [acme-next]}]} names namespace "acme-next", which does not exist: whoever creates it gets in; counterexample: any pod in a new namespace "acme-next" of another tenant`,
  ],
  'a name that no namespace has yet, for egress': [
    to([{ namespaceSelector: named('acme-next') }]),
    `spec.egress[0].to[0].namespaceSelector: {matchExpressions: [{key: ${nameLabel}, operator: In, values: [acme-next]}]} names namespace "acme-next", which does not exist: whoever creates it is reached; counterexample: any pod in a new namespace "acme-next" of another tenant`,
  ],
  'the name of another tenant’s namespace': [
    from({ namespaceSelector: named('acme-prod', 'globex-dev') }),
    `${peerField}: {matchExpressions: [{key: ${nameLabel}, operator: In, values: [acme-prod, globex-dev]}]} lets in namespace "globex-dev", which belongs to tenant "globex", on every port; counterexample: any pod there`,
  ],
  'the name of a namespace of nobody': [
    to([{ namespaceSelector: named('default'), podSelector: labels({ app: 'web' }) }], [{ port: 80 }]),
    `spec.egress[0].to[0].namespaceSelector: {matchExpressions: [{key: ${nameLabel}, operator: In, values: [default]}]} lets pods out to namespace "default", which belongs to no tenant, on TCP 80; counterexample: a pod there labelled app=web on TCP 80`,
  ],
};

test('what reaches beyond the tenant is refused with its counterexample', (t) => {
  for (const [name, [manifest, line]] of Object.entries(refused)) {
    t.test(name, (t) => {
      const decision = judge(rule, manifest);
      t.equal(decision.outcome, 'denied');
      t.same(linesOf(decision), [line]);
      t.end();
    });
  }
  t.end();
});

/** Spellings of peers that stay inside tenant acme. */
const admitted: Readonly<Record<string, Manifest>> = {
  'no rules at all': minimalNetworkPolicy(),
  'pods of the own namespace': from({ podSelector: {} }),
  'some pods of the own namespace': to([{ podSelector: labels({ app: 'web' }) }]),
  'a null namespaceSelector is the own namespace': from({ podSelector: {}, namespaceSelector: null }),
  'the own namespace by name': from({ namespaceSelector: labels({ [nameLabel]: 'acme-dev' }) }),
  'several namespaces of the tenant by name': to([{ namespaceSelector: named('acme-dev', 'acme-prod') }]),
  'the own tenant label': from({ namespaceSelector: labels({ [tenantLabel]: 'acme' }) }),
  'the own tenant label by In': to([{ namespaceSelector: expression(tenantLabel, 'In', ['acme']) }]),
  'the own tenant label and a label of tenants': from({
    namespaceSelector: labels({ [tenantLabel]: 'acme', env: 'prod' }),
  }),
  'the own tenant label and a name that does not exist': from({
    namespaceSelector: labels({ [tenantLabel]: 'acme', [nameLabel]: 'nowhere' }),
  }),
  'two requirements that leave only the own tenant': from({
    namespaceSelector: {
      matchExpressions: [
        { key: tenantLabel, operator: 'In', values: ['acme', 'globex'] },
        { key: tenantLabel, operator: 'NotIn', values: ['globex'] },
      ],
    },
  }),
  'names of which only the own are left': from({
    namespaceSelector: {
      matchLabels: { [nameLabel]: 'acme-prod' },
      matchExpressions: [{ key: nameLabel, operator: 'In', values: ['acme-prod', 'globex-dev'] }],
    },
  }),
  'a foreign name that the own tenant label excludes': from({
    namespaceSelector: { matchLabels: { [tenantLabel]: 'acme' }, ...named('globex-dev') },
  }),
  'a selector that contradicts itself selects nothing': from({
    namespaceSelector: {
      matchExpressions: [
        { key: 'env', operator: 'Exists' },
        { key: 'env', operator: 'DoesNotExist' },
      ],
    },
  }),
  'a namespace without a name does not exist': from({ namespaceSelector: expression(nameLabel, 'DoesNotExist') }),
  'pods that cannot exist in any namespace': from({
    namespaceSelector: {},
    podSelector: {
      matchExpressions: [
        { key: 'app', operator: 'In', values: ['web'] },
        { key: 'app', operator: 'NotIn', values: ['web'] },
      ],
    },
  }),
  'DNS as it is approved': to([dns], [udp53, tcp53]),
  'DNS on one protocol': to([dns], [udp53]),
  'DNS with the protocol left out': to([dns], [{ port: 53 }]),
  'DNS as a range of one port': to([dns], [{ protocol: 'UDP', port: 53, endPort: 53 }]),
  'DNS by In on the name': to([{ namespaceSelector: named('kube-system'), podSelector: dnsPods }], [udp53]),
  'DNS by In on the pods': to(
    [{ namespaceSelector: kubeSystem, podSelector: expression('k8s-app', 'In', ['kube-dns']) }],
    [udp53],
  ),
  'DNS to fewer pods': to(
    [{ namespaceSelector: kubeSystem, podSelector: labels({ 'k8s-app': 'kube-dns', zone: 'a' }) }],
    [tcp53],
  ),
  'DNS to namespaces with one more label': to(
    [{ namespaceSelector: labels({ [nameLabel]: 'kube-system', any: 'thing' }), podSelector: dnsPods }],
    [tcp53],
  ),
  'DNS and the own tenant in one rule': to(
    [dns, { namespaceSelector: labels({ [tenantLabel]: 'acme' }) }, { podSelector: {} }],
    [udp53],
  ),
  'address blocks are another rule’s': to([{ ipBlock: { cidr: '0.0.0.0/0' } }]),
  'rules of a direction that is not isolated have no effect': tweak(
    policyWith('egress', {}),
    ['spec', 'policyTypes'],
    ['Ingress'],
  ),
  'a policy without a spec': tweak(minimalNetworkPolicy(), 'spec', undefined),
};

test('what stays inside the tenant and the approved flows is admitted, however it is spelt', (t) => {
  for (const [name, manifest] of Object.entries(admitted)) {
    const decision = judge(rule, manifest);
    t.same(linesOf(decision), [], name);
    t.equal(decision.outcome, 'allowed', name);
  }
  t.end();
});

test('absent policyTypes mean Ingress, and Egress only with an egress rule', (t) => {
  const withoutTypes = (direction: 'ingress' | 'egress', ...rules: readonly unknown[]): Manifest =>
    tweak(policyWith(direction, ...rules), ['spec', 'policyTypes'], undefined);
  t.equal(judge(rule, withoutTypes('ingress', {})).outcome, 'denied');
  t.equal(judge(rule, withoutTypes('egress', {})).outcome, 'denied');
  t.equal(judge(rule, withoutTypes('egress')).outcome, 'allowed');
  t.end();
});

test('every peer of every rule is judged, and each violation has its own path', (t) => {
  const open = { namespaceSelector: {} };
  const manifest = tweak(
    policyWith('ingress', { from: [{ podSelector: {} }, open] }, { from: [open] }),
    ['spec', 'egress'],
    [{ to: [{ podSelector: {} }] }, { to: [open] }],
  );
  t.same(
    judge(rule, manifest).violations.map(({ field }) => field),
    [
      'spec.ingress[0].from[1].namespaceSelector',
      'spec.ingress[1].from[0].namespaceSelector',
      'spec.egress[1].to[0].namespaceSelector',
    ],
  );
  t.end();
});

test('the fix is YAML to paste, with the pods that were meant', (t) => {
  const [violation] = judge(rule, from({ namespaceSelector: {}, podSelector: labels({ app: 'web' }) })).violations;
  t.equal(
    violation?.fix,
    [
      'Pin the peer to the tenant:',
      '  from:',
      '    - namespaceSelector:',
      '        matchLabels:',
      '          tenantgate.dev/tenant: acme',
      '      podSelector: {matchLabels: {app: web}}',
    ].join('\n'),
  );
  t.equal(
    judge(rule, policyWith('ingress', {})).violations[0]?.fix,
    'Name the peers, for instance the pods of the same namespace:\n  from:\n    - podSelector: {}',
  );
  t.equal(
    judge(rule, to([dns])).violations[0]?.fix,
    'Keep to the ports of flow "dns":\n  ports:\n    - protocol: UDP\n      port: 53\n    - protocol: TCP\n      port: 53',
  );
  t.equal(
    judge(rule, to([{ namespaceSelector: kubeSystem }], [udp53])).violations[0]?.fix,
    'Keep to the pods of flow "dns":\n  podSelector:\n    matchLabels:\n      k8s-app: kube-dns',
  );
  t.end();
});

test('a fix pasted into the peer makes it pass', (t) => {
  const fixed = from({ namespaceSelector: labels({ [tenantLabel]: 'acme' }), podSelector: labels({ app: 'web' }) });
  t.equal(judge(rule, fixed).outcome, 'allowed');
  t.end();
});

test('a tenant whose name YAML would misread is quoted in the fix', (t) => {
  const world = { namespaces: { 'acme-dev': { [tenantLabel]: '1e3' } } };
  t.match(judge(rule, from({ namespaceSelector: {} }), { world }).violations[0]?.fix, 'tenantgate.dev/tenant: "1e3"');
  t.end();
});

test('selectors and ports that cannot be read are violations with their path', (t) => {
  const cases: readonly (readonly [Manifest, readonly string[]])[] = [
    [from({}), ['spec.ingress[0].from[0]: the peer is empty; give a podSelector, a namespaceSelector or an ipBlock']],
    [
      to([{ ipBlock: { cidr: '8.8.8.8/32' }, podSelector: {} }]),
      ['spec.egress[0].to[0]: has an ipBlock beside selectors; make them two peers'],
    ],
    [
      from({ namespaceSelector: expression('a', 'Maybe'), podSelector: expression('b', 'In') }),
      [
        'spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].operator: must be In, NotIn, Exists or DoesNotExist, not "Maybe"',
        'spec.ingress[0].from[0].podSelector.matchExpressions[0].values: must not be empty for In: list the label values, or use Exists or DoesNotExist',
      ],
    ],
    [
      from({ namespaceSelector: expression('a', 'Maybe') }),
      [
        'spec.ingress[0].from[0].namespaceSelector.matchExpressions[0].operator: must be In, NotIn, Exists or DoesNotExist, not "Maybe"',
      ],
    ],
    [
      from({ namespaceSelector: 'all' }),
      [
        'spec.ingress[0].from[0].namespaceSelector: must be a label selector object, not "all": write {} to select everything',
      ],
    ],
    [
      from({ podSelector: [] }),
      [
        'spec.ingress[0].from[0].podSelector: must be a label selector object, not a list: write {} to select everything',
      ],
    ],
    [
      policyWith('ingress', { from: [{ podSelector: {} }], ports: [{ port: 0 }] }),
      ['spec.ingress[0].ports[0].port: must be a whole number from 1 to 65535, not 0'],
    ],
  ];
  for (const [manifest, lines] of cases) t.same(linesOf(judge(rule, manifest)), lines);
  t.end();
});

const flow = (more: Manifest): Manifest => ({ name: 'db', direction: 'egress', ...more });

function withFlows(...flows: readonly Manifest[]): Doing {
  return { set: setOf(rule, undefined, { flows }) };
}

test('two flows together cover one peer', (t) => {
  const pods = { namespaces: { names: ['kube-system'] }, pods: dnsPods };
  const both = withFlows(flow({ ...pods, ports: [tcp53] }), flow({ ...pods, name: 'dns-udp', ports: [udp53] }));
  t.equal(judge(rule, to([dns], [udp53, tcp53]), both).outcome, 'allowed');
  t.equal(judge(rule, to([dns], [udp53, tcp53, { port: 54 }]), both).outcome, 'denied');
  t.end();
});

test('flows to several namespaces together cover a peer that names them all', (t) => {
  const doing = withFlows(
    flow({ namespaces: { names: ['kube-system'] } }),
    flow({ name: 'shared', namespaces: { names: ['flux-system', 'default'] } }),
  );
  t.equal(
    judge(rule, to([{ namespaceSelector: named('kube-system', 'flux-system', 'default') }]), doing).outcome,
    'allowed',
  );
  t.same(judge(rule, to([{ namespaceSelector: named('kube-system', 'globex-dev') }]), doing).violations.length, 1);
  t.end();
});

test('a flow may name namespaces that do not exist yet: the operator answers for them', (t) => {
  const doing = withFlows(flow({ namespaces: { names: ['later'] } }));
  t.equal(judge(rule, to([{ namespaceSelector: named('later') }]), doing).outcome, 'allowed');
  t.end();
});

test('a flow for some tenants is for those only', (t) => {
  const peer = to([{ namespaceSelector: named('default') }]);
  const forAcme = withFlows(flow({ namespaces: { names: ['default'] }, tenants: ['acme'] }));
  const forGlobex = withFlows(flow({ namespaces: { names: ['default'] }, tenants: ['globex'] }));
  t.equal(judge(rule, peer, forAcme).outcome, 'allowed');
  t.equal(judge(rule, peer, forGlobex).outcome, 'denied');
  t.equal(judge(rule, tweak(peer, 'metadata.namespace', 'globex-dev'), forGlobex).outcome, 'allowed');
  t.equal(judge(rule, tweak(peer, 'metadata.namespace', 'default'), forGlobex).outcome, 'allowed', 'its own namespace');
  t.end();
});

test('a flow by selector stands on reserved labels, which tenants cannot set', (t) => {
  const shared = labels({ 'tenantgate.dev/shared': 'yes' });
  const doing = withFlows(flow({ namespaces: { selector: shared }, ports: [{ port: 5432 }] }));
  const world = { namespaces: { ...twoTenants, postgres: { 'tenantgate.dev/shared': 'yes' } } };
  const postgres = { port: 5432 };
  t.equal(judge(rule, to([{ namespaceSelector: shared }], [postgres]), doing).outcome, 'allowed');
  t.equal(
    judge(rule, to([{ namespaceSelector: labels({ 'tenantgate.dev/shared': 'yes', env: 'x' }) }], [postgres]), doing)
      .outcome,
    'allowed',
  );
  t.equal(
    judge(rule, to([{ namespaceSelector: named('postgres') }], [postgres]), { ...doing, world }).outcome,
    'allowed',
    'the label is looked up for a name',
  );
  t.equal(judge(rule, to([{ namespaceSelector: shared }], [{ port: 22 }]), doing).outcome, 'denied');
  t.equal(
    judge(rule, to([{ namespaceSelector: expression('tenantgate.dev/shared', 'Exists') }], [postgres]), doing).outcome,
    'denied',
  );
  t.same(
    linesOf(judge(rule, to([{ namespaceSelector: named('globex-dev') }], [postgres]), doing)).length,
    1,
    'a name without the label',
  );
  t.end();
});

test('named ports and ranges stay inside a flow that has them', (t) => {
  const doing = withFlows(
    flow({ namespaces: { names: ['default'] }, ports: [{ port: 'http' }, { port: 8000, endPort: 8010 }] }),
  );
  const towards = (...ports: readonly unknown[]): Manifest => to([{ namespaceSelector: named('default') }], ports);
  t.equal(judge(rule, towards({ port: 'http' }), doing).outcome, 'allowed');
  t.equal(judge(rule, towards({ port: 8001, endPort: 8009 }), doing).outcome, 'allowed');
  t.equal(judge(rule, towards({ port: 'https' }), doing).outcome, 'denied');
  t.equal(judge(rule, towards({ port: 8010, endPort: 8011 }), doing).outcome, 'denied');
  t.match(
    judge(rule, towards({ port: 22 }), doing).violations[0]?.fix,
    '- protocol: TCP\n      port: 8000\n      endPort: 8010',
  );
  t.end();
});

test('the flow that was meant is named: the one whose pods are selected', (t) => {
  const doing = withFlows(
    flow({ name: 'dns', namespaces: { names: ['kube-system'] }, pods: dnsPods, ports: [udp53] }),
    flow({
      name: 'metrics',
      namespaces: { names: ['kube-system'] },
      pods: labels({ app: 'metrics' }),
      ports: [{ port: 443 }],
    }),
  );
  const peer = { namespaceSelector: kubeSystem, podSelector: labels({ app: 'metrics' }) };
  t.match(
    linesOf(judge(rule, to([peer], [{ port: 8443 }]), doing))[0],
    'goes beyond approved flow "metrics", which has TCP 443',
  );
  t.end();
});

test('a flow whose pods contradict each other admits nobody', (t) => {
  const matchExpressions = ['Exists', 'DoesNotExist'].map((operator) => ({ key: 'app', operator }));
  const doing = withFlows(flow({ namespaces: { names: ['default'] }, pods: { matchExpressions } }));
  t.match(
    linesOf(judge(rule, to([{ namespaceSelector: named('default') }]), doing))[0],
    'which has pods labelled no labels',
  );
  t.end();
});

test('a flow of ingress is exceeded from its side', (t) => {
  const scraping = {
    name: 'scraping',
    direction: 'ingress',
    namespaces: { names: ['default'] },
    ports: [{ port: 9090 }],
  };
  const peer = { namespaceSelector: named('default') };
  const doing = withFlows(scraping);
  t.equal(judge(rule, policyWith('ingress', { from: [peer], ports: [{ port: 9090 }] }), doing).outcome, 'allowed');
  t.same(linesOf(judge(rule, from(peer), doing)), [
    'spec.ingress[0].ports: every port from spec.ingress[0].from[0] goes beyond approved flow "scraping", which has TCP 9090; counterexample: any pod there on TCP 1',
  ]);
  t.end();
});

test('a flow without ports has every port', (t) => {
  const doing = withFlows(flow({ namespaces: { names: ['default'] }, ports: [{ protocol: 'UDP' }] }));
  t.match(
    judge(rule, to([{ namespaceSelector: named('default') }]), doing).violations[0]?.fix,
    'ports:\n    - protocol: UDP',
  );
  t.end();
});

test('a namespace of nobody is a tenant of its own, or not judged, as the Tenancy says', (t) => {
  const open = tweak(from({ namespaceSelector: {} }), 'metadata.namespace', 'default');
  const decision = judge(rule, open);
  t.same(linesOf(decision), [`${peerField}: {} lets in namespaces beyond the policy’s own on every port; ${anybody}`]);
  t.equal(decision.violations[0]?.fix, 'Select pods of the policy’s own namespace:\n  from:\n    - podSelector: {}');
  t.equal(judge(rule, tweak(from({ podSelector: {} }), 'metadata.namespace', 'default')).outcome, 'allowed');
  const ignoring = { set: setOf(rule, undefined, { unmanagedNamespaces: 'ignore' }) };
  t.equal(judge(rule, open, ignoring).outcome, 'allowed');
  t.end();
});

test('in the platform’s namespaces nothing is judged', (t) => {
  t.equal(judge(rule, tweak(from({ namespaceSelector: {} }), 'metadata.namespace', 'kube-system')).outcome, 'allowed');
  t.end();
});

test('where the own tenant is unknown, only what holds for every tenant is certain', (t) => {
  const world = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  const outcomeOf = (manifest: Manifest, doing: Doing = {}): string =>
    judge(rule, manifest, { ...doing, world }).outcome;
  t.equal(outcomeOf(from({ podSelector: {} })), 'allowed', 'the own namespace needs no look-up');
  t.equal(outcomeOf(to([dns], [udp53])), 'allowed', 'a flow for all needs none either');
  t.equal(outcomeOf(from({ namespaceSelector: {} })), 'denied', 'open for everybody');
  t.equal(outcomeOf(from({ namespaceSelector: labels({ [tenantLabel]: 'acme' }) })), 'undecided');
  t.equal(outcomeOf(from({ namespaceSelector: named('acme-prod') })), 'undecided');
  t.equal(outcomeOf(from({ namespaceSelector: named('acme-prod', 'globex-dev') })), 'denied', 'one of them is foreign');
  t.equal(outcomeOf(from({ namespaceSelector: expression(tenantLabel, 'In', ['acme', 'globex']) })), 'denied');
  const forAcme = withFlows(flow({ namespaces: { names: ['default'] }, tenants: ['acme'] }));
  t.equal(outcomeOf(to([{ namespaceSelector: named('default') }]), forAcme), 'undecided');
  t.equal(outcomeOf(to([{ namespaceSelector: named('nowhere') }])), 'denied', 'a missing name is foreign to all');
  t.end();
});

test('a name that cannot be looked up leaves the peer undecided, and a certain violation denied', (t) => {
  const world = { namespaces: { ...twoTenants, 'acme-later': undefined } };
  const unknown = judge(rule, from({ namespaceSelector: named('acme-later', 'acme-prod') }), { world });
  t.equal(unknown.outcome, 'undecided');
  t.equal(unknown.admitted, false);
  t.same(unknown.missingFacts, [{ fact: 'namespace', namespace: 'acme-later' }]);
  t.match(unknown.gaps, [
    { rule, field: '', message: 'namespace "acme-later" is not known, so whose it is cannot be told' },
  ]);
  t.equal(judge(rule, from({ namespaceSelector: named('acme-later', 'globex-dev') }), { world }).outcome, 'denied');
  t.end();
});

const numbered = (count: number, prefix = 'n'): readonly string[] =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

test('of many violations the first are told, and the rest counts as not judged', (t) => {
  const many = judge(rule, from({ namespaceSelector: named(...numbered(1000)) }));
  t.equal(many.outcome, 'denied');
  t.equal(many.violations.length, 200);
  t.match(many.gaps, [{ message: 'more than 200 violations; the rest is not judged' }]);
  t.end();
});

test('a policy may list names by the thousand, and no more', (t) => {
  const own = named(...numbered(1001, 'acme-'));
  const namespaces = Object.fromEntries(
    ['dev', ...numbered(1001, '')].map((name) => [`acme-${name}`, { [tenantLabel]: 'acme' }]),
  );
  const twice = [{ namespaceSelector: own }, { podSelector: {} }, { namespaceSelector: own }];
  t.same(linesOf(judge(rule, from(...twice), { world: { namespaces } })), []);
  const tooMany = 'brings the policy to more than 2000 label values in selectors, which is too large to be judged';
  t.same(linesOf(judge(rule, from({ namespaceSelector: expression(nameLabel, 'In', numbered(300_000)) }))), [
    `${peerField}: ${tooMany}`,
  ]);
  t.end();
});

test('names beside hundreds of labels that prove nothing are judged by name', (t) => {
  const keys = numbered(400, 'k').map((key) => ({ key, operator: 'Exists' }));
  const beside = (...names: readonly string[]): Manifest =>
    from({ namespaceSelector: { matchExpressions: [{ key: nameLabel, operator: 'In', values: names }, ...keys] } });
  const decision = judge(rule, beside('acme-dev', 'acme-prod', ...numbered(1500), 'globex-dev'));
  t.equal(decision.violations.length, 200);
  t.match(decision.violations[0]?.message, /lets in namespace "globex-dev", which belongs to tenant "globex"/);
  t.match(decision.violations[1]?.message, /names namespace "n0", which does not exist/);
  t.same(linesOf(judge(rule, beside('acme-dev', 'acme-prod'))), []);
  const never = { matchExpressions: [...keys, { key: nameLabel, operator: 'DoesNotExist' }] };
  t.same(linesOf(judge(rule, from({ namespaceSelector: never }))), [], 'no namespace is without its name');
  const reserved = { key: 'tenantgate.dev/reserved', operator: 'Exists' };
  const left = { matchExpressions: [reserved, { key: nameLabel, operator: 'In', values: ['globex-dev'] }] };
  t.same(linesOf(judge(rule, from({ namespaceSelector: left }))), [], 'a label that is certain leaves it out');
  t.end();
});

test('a peer that names many tenants is undecided where the own tenant is unknown', (t) => {
  const world = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  const naming = (count: number): string =>
    judge(rule, from({ namespaceSelector: expression(tenantLabel, 'In', numbered(count, 't')) }), { world }).outcome;
  t.equal(naming(100), 'denied');
  t.equal(naming(2000), 'undecided');
  t.end();
});

test('messages are bounded, however many ports a rule has', (t) => {
  const ports = Array.from({ length: 5000 }, (_, index) => ({ port: 2 * index + 1 }));
  const peers = Array.from({ length: 300 }, () => ({ namespaceSelector: {} }));
  const lines = linesOf(judge(rule, to(peers, ports)));
  t.equal(lines.length, 200);
  t.ok(lines.every((line) => line.length < 1000));
  t.end();
});
