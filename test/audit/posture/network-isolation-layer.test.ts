import { test } from 'tap';

import type { PostureState } from '../../../src/audit/audit-report.ts';
import type { NamespaceEvidence, PodTemplateEvidence } from '../../../src/audit/posture/posture-evidence.ts';
import type { PodFact } from '../../../src/policy/facts.ts';
import { denyAll, exemption, layer, messages, namespaceEvidence, policy, result } from '../../support/posture.ts';
import { randomOf } from '../../support/random.ts';

const name = 'network-isolation';
const inPlace = 'every pod that can be made is isolated for ingress and egress';
const pod = (podName: string, labels: PodFact['labels'], hostNetwork = false): PodFact => ({
  name: podName,
  labels,
  hostNetwork,
});
const template = (labels: PodFact['labels'], workload?: string): PodTemplateEvidence => ({
  labels,
  hostNetwork: false,
  ...(workload === undefined
    ? {}
    : { object: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'acme-dev', name: workload } }),
});
const selecting = (matchLabels: object, types: readonly string[] = ['Ingress', 'Egress'], policyName = 'some') =>
  policy({ podSelector: { matchLabels }, policyTypes: types }, policyName);
const butFor = (key: string, value: string) =>
  policy({
    podSelector: { matchExpressions: [{ key, operator: 'NotIn', values: [value] }] },
    policyTypes: ['Ingress', 'Egress'],
  });

const noIngress = 'no NetworkPolicies isolate every pod for ingress; counterexample: a pod with';
const cases: readonly (readonly [string, Partial<NamespaceEvidence>, PostureState, readonly string[]])[] = [
  [
    'two policies for each direction',
    {
      networkPolicies: [
        policy({ podSelector: {}, policyTypes: ['Ingress'] }),
        policy({ podSelector: {}, policyTypes: ['Egress'] }),
      ],
    },
    'in-place',
    [inPlace],
  ],
  [
    'policies that isolate every pod together, though none does alone',
    { networkPolicies: [selecting({ app: 'a' }), butFor('app', 'a')], pods: [pod('web', { app: 'b' })] },
    'in-place',
    [inPlace],
  ],
  [
    'no policies',
    { networkPolicies: [] },
    'missing',
    ['no NetworkPolicy isolates any pod for ingress', 'no NetworkPolicy isolates any pod for egress'],
  ],
  [
    'no policies, and pods',
    { networkPolicies: [], pods: [pod('web', { app: 'a' })], podTemplates: [template({ app: 'b' })] },
    'missing',
    [
      'no NetworkPolicy isolates any pod for ingress',
      'no NetworkPolicy isolates any pod for egress',
      'a pod with app=a is open to everybody for ingress and egress',
      'a pod template with app=b,tenantgate.dev/tenant=acme is open to everybody for ingress and egress',
    ],
  ],
  [
    'one direction',
    { networkPolicies: [policy({ podSelector: {} })], pods: [pod('web', {})] },
    'drifted',
    ['no NetworkPolicy isolates any pod for egress', 'a pod with no labels is open to everybody for egress'],
  ],
  [
    'a selector that leaves pods out, of which there are none today',
    { networkPolicies: [butFor('app', 'x'), policy({ podSelector: {}, policyTypes: ['Egress'] })] },
    'drifted',
    [`${noIngress} app=x`],
  ],
  [
    'a default-deny that is terminating',
    {
      networkPolicies: [
        policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }, 'deny', {
          deletionTimestamp: '2026-01-01T00:00:00Z',
        }),
      ],
    },
    'missing',
    ['no NetworkPolicy isolates any pod for ingress', 'no NetworkPolicy isolates any pod for egress'],
  ],
  [
    'a selector that cannot be read',
    { networkPolicies: [policy({ podSelector: { matchLabels: 7 }, policyTypes: ['Ingress', 'Egress'] })] },
    'missing',
    ['no NetworkPolicy isolates any pod for ingress', 'no NetworkPolicy isolates any pod for egress'],
  ],
  [
    'pods on the host’s network, which nothing governs',
    {
      networkPolicies: [selecting({ app: 'a' }), policy({ podSelector: {}, policyTypes: ['Egress'] })],
      pods: [pod('host', {}, true)],
    },
    'drifted',
    [`${noIngress} no labels`],
  ],
  [
    'policies that were not read',
    { networkPolicies: undefined },
    'unknown',
    ['not all could be read or judged: networkpolicies.networking.k8s.io'],
  ],
  [
    'policies of which some were not read',
    { networkPolicies: [], unread: new Set(['NetworkPolicy']) },
    'unknown',
    ['not all could be read or judged: networkpolicies.networking.k8s.io'],
  ],
  [
    'pods that need names and cannot reach DNS',
    { results: [result('network/egress-without-dns')] },
    'drifted',
    ['network/egress-without-dns: is wrong'],
  ],
  [
    'results on pods, which are judged here by effect',
    { results: [result('pods/isolated-before-start')] },
    'in-place',
    [inPlace],
  ],
  [
    'nobody looks at DNS',
    { inForce: new Map() },
    'unknown',
    [
      'no policy in force here holds network/egress-without-dns, so nobody has judged: networkpolicies.networking.k8s.io',
    ],
  ],
];

for (const [title, over, state, told] of cases) {
  test(title, (t) => {
    const posture = layer(name, namespaceEvidence(over));
    t.equal(posture.state, state);
    t.strictSame(messages(posture), told);
    t.equal('fix' in posture, state !== 'in-place');
    t.end();
  });
}

test('the fix isolates every pod of the namespace', (t) => {
  const { fix = '' } = layer(name, namespaceEvidence({ networkPolicies: [] }));
  t.equal(
    fix,
    'Isolate every pod, and allow beside it what is needed:\n  apiVersion: networking.k8s.io/v1\n  kind: NetworkPolicy\n  metadata:\n    name: default-deny\n    namespace: acme-dev\n  spec:\n    podSelector: {}\n    policyTypes: [Ingress, Egress]',
  );
  t.equal(layer(name, namespaceEvidence({ networkPolicies: [denyAll] })).state, 'in-place');
  t.end();
});

const exempt = (kind: string, objectName: string) =>
  result('pods/isolated-before-start', {
    object: { apiVersion: kind === 'Pod' ? 'v1' : 'apps/v1', kind, namespace: 'acme-dev', name: objectName },
    exemption,
  });
const gap = [butFor('app', 'old')];

test('a gap for pods that are exempt, and for no others, is told and is no drift', (t) => {
  const one = layer(
    name,
    namespaceEvidence({
      networkPolicies: gap,
      pods: [
        pod('old-1', { app: 'old', 'pod-template-hash': 'x', 'tenantgate.dev/tenant': 'acme' }),
        pod('lone', { app: 'old' }),
      ],
      podTemplates: [template({ app: 'old' }, 'old')],
      results: [exempt('Deployment', 'old'), exempt('Pod', 'lone')],
    }),
  );
  t.equal(one.state, 'in-place');
  t.strictSame(messages(one).slice(1), [
    'exempt from pods/isolated-before-start: a pod with app=old,pod-template-hash=x,tenantgate.dev/tenant=acme is open to everybody for ingress and egress',
    'exempt from pods/isolated-before-start: a pod with app=old is open to everybody for ingress and egress',
    'exempt from pods/isolated-before-start: a pod template with app=old,tenantgate.dev/tenant=acme is open to everybody for ingress and egress',
  ]);
  t.end();
});

test('an exemption covers its own object alone, and nothing where pods were not read', (t) => {
  const lone = pod('lone', { app: 'old' });
  const results = [exempt('Pod', 'lone')];
  const stateOf = (over: Partial<NamespaceEvidence>) =>
    layer(name, namespaceEvidence({ networkPolicies: gap, pods: [lone], results, ...over })).state;
  t.equal(stateOf({}), 'in-place');
  t.equal(stateOf({ results: [] }), 'drifted', 'no exemption');
  t.equal(stateOf({ pods: [lone, pod('other', { app: 'old' })] }), 'drifted', 'another pod');
  t.equal(stateOf({ podTemplates: [template({ app: 'old' })] }), 'drifted', 'a template of nobody knows what');
  t.equal(stateOf({ podTemplates: [template({ app: 'old' }, 'web')] }), 'drifted', 'another workload');
  t.equal(stateOf({ podTemplates: undefined }), 'drifted', 'templates were not read');
  t.equal(stateOf({ pods: undefined }), 'drifted', 'pods were not read');
  const unlabelled = { podTemplates: [template({}, 'old')], results: [exempt('Deployment', 'old')], pods: [] };
  t.equal(stateOf(unlabelled), 'drifted', 'a template without labels stands for no others');
  t.equal(stateOf({ networkPolicies: [] }), 'missing', 'the gap is wider than the pod');
  t.end();
});

test('where there are too many selectors to compare, the layer is unknown unless a pod is open', (t) => {
  // Thirteen policies of two keys each: the product of the keys passes what is compared, and the last would close the gap.
  const halves = Array.from({ length: 13 }, (_, index) =>
    selecting({ [`a${index}`]: 'x', [`b${index}`]: 'y' }, undefined, `p${index}`),
  );
  const networkPolicies = [
    ...halves,
    policy({
      podSelector: {
        matchExpressions: [
          { key: 'a', operator: 'DoesNotExist' },
          { key: 'b', operator: 'DoesNotExist' },
        ],
      },
      policyTypes: ['Ingress', 'Egress'],
    }),
  ];
  const found = layer(name, namespaceEvidence({ networkPolicies }));
  t.equal(found.state, 'unknown');
  t.strictSame(messages(found), [
    'the policies have too many selectors to tell whether they isolate every pod for ingress',
    'the policies have too many selectors to tell whether they isolate every pod for egress',
  ]);
  t.equal(layer(name, namespaceEvidence({ networkPolicies, pods: [pod('web', { a: 'x' })] })).state, 'drifted');
  t.end();
});

test('property: in place exactly where every label set is isolated in both directions', (t) => {
  const random = randomOf(6);
  const values = [undefined, 'x', 'y'] as const;
  const universe = values.flatMap((a) => values.map((b) => ({ ...(a && { a }), ...(b && { b }) })));
  let [inPlaces, others] = [0, 0];
  for (let run = 0; run < 2000; run += 1) {
    const drawn = Array.from({ length: 1 + random.below(4) }, () => ({
      key: random.pick(['a', 'b'] as const),
      isNot: random.oneIn(2),
      value: random.pick(['x', 'y']),
      types: random.pick([['Ingress'], ['Egress'], ['Ingress', 'Egress'], ['Ingress', 'Egress']]),
    }));
    const networkPolicies = drawn.map(({ key, isNot, value, types }) =>
      policy({
        podSelector: { matchExpressions: [{ key, operator: isNot ? 'NotIn' : 'In', values: [value] }] },
        policyTypes: types,
      }),
    );
    const isIsolated = (labels: { readonly a?: string; readonly b?: string }, type: string) =>
      drawn.some(({ key, isNot, value, types }) => types.includes(type) && (labels[key] === value) !== isNot);
    const expected = universe.every((labels) => ['Ingress', 'Egress'].every((type) => isIsolated(labels, type)));
    const { state } = layer(name, namespaceEvidence({ networkPolicies }));
    if (expected) inPlaces += 1;
    else others += 1;
    if ((state === 'in-place') !== expected) t.fail(`${JSON.stringify(drawn)} is ${state}`);
  }
  t.ok(inPlaces > 20 && others > 20, `${inPlaces} in place, ${others} not`);
  t.end();
});
