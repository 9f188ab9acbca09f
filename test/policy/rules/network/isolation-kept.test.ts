import { test } from 'tap';

import type { PodFact } from '../../../../src/policy/facts.ts';
import type { NetworkPolicy } from '../../../../src/policy/objects/network-policy.ts';
import type { World } from '../../../support/facts.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalNetworkPolicy, minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'network/isolation-kept';

const denyAll = minimalNetworkPolicy();
const web = { matchLabels: { app: 'web' } };
const ofWeb = tweak(denyAll, 'spec.podSelector', web);
const called = (name: string, manifest: Manifest): NetworkPolicy =>
  tweak(manifest, 'metadata.name', name) as unknown as NetworkPolicy;
const pod = (name: string, labels: PodFact['labels'], hostNetwork = false): PodFact => ({ name, labels, hostNetwork });

/** The namespace holds these policies beside the judged one, and these pods. */
const holding = (policies: readonly NetworkPolicy[], pods: readonly PodFact[] = []): World => ({
  networkPolicies: { 'acme-dev': [denyAll as unknown as NetworkPolicy, ...policies] },
  pods: { 'acme-dev': pods },
});

const alone = holding([]);
const deleted = (manifest: Manifest, world: World): readonly string[] =>
  linesOf(judge(rule, manifest, { operation: 'DELETE', world }));
const changed = (old: Manifest, manifest: Manifest, world: World): readonly string[] =>
  linesOf(judge(rule, manifest, { old, world }));

const ends = (verb: string, direction: string, example = 'no labels'): string =>
  `${verb} ends the ${direction} default-deny of namespace "acme-dev"; counterexample: a pod with ${example} would be open to everybody`;
const leaves = (verb: string, direction: string): string =>
  `${verb} leaves pod "web-0" with app=web without any ${direction} isolation: no other policy of namespace "acme-dev" that lasts selects it`;

test('deleting the last default-deny is refused, for each direction that it covered', (t) => {
  t.same(deleted(denyAll, alone), [
    `metadata.name: ${ends('deleting the policy', 'ingress')}`,
    `metadata.name: ${ends('deleting the policy', 'egress')}`,
  ]);
  t.same(deleted(tweak(denyAll, 'spec.policyTypes', ['Egress']), alone), [
    `metadata.name: ${ends('deleting the policy', 'egress')}`,
  ]);
  t.same(deleted(tweak(denyAll, 'spec.policyTypes', undefined), alone), [
    `metadata.name: ${ends('deleting the policy', 'ingress')}`,
  ]);
  t.end();
});

test('an allow policy that selects every pod isolates as well', (t) => {
  const allow = tweak(denyAll, 'spec.ingress', [{ from: [{ podSelector: {} }] }]);
  t.equal(deleted(allow, alone).length, 2);
  t.end();
});

test('egress: [] without policyTypes never isolated egress', (t) => {
  const shape = tweak(tweak(denyAll, 'spec.policyTypes', undefined), 'spec.egress', []);
  t.same(deleted(shape, alone), [`metadata.name: ${ends('deleting the policy', 'ingress')}`]);
  t.end();
});

test('the fix is a default-deny to apply first', (t) => {
  t.equal(
    judge(rule, denyAll, { operation: 'DELETE', world: alone }).violations[1]?.fix,
    'Apply a default-deny first, under another name:\n  spec:\n    podSelector: {}\n    policyTypes: [Egress]',
  );
  t.end();
});

test('a policy may go while others isolate the same pods', (t) => {
  const another = called('another', denyAll);
  t.same(deleted(denyAll, holding([another])), []);
  t.same(deleted(ofWeb, holding([another])), []);
  t.same(deleted(denyAll, holding([called('ingress-only', tweak(denyAll, 'spec.policyTypes', ['Ingress']))])), [
    `metadata.name: ${ends('deleting the policy', 'egress')}`,
  ]);
  const halves = [
    called('with', tweak(denyAll, 'spec.podSelector', { matchExpressions: [{ key: 'app', operator: 'Exists' }] })),
    called(
      'without',
      tweak(denyAll, 'spec.podSelector', { matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] }),
    ),
  ];
  t.same(deleted(denyAll, holding(halves)), [], 'two selectors that complete each other');
  t.same(deleted(denyAll, holding(halves.slice(1))), [
    `metadata.name: ${ends('deleting the policy', 'ingress', 'app=other')}`,
    `metadata.name: ${ends('deleting the policy', 'egress', 'app=other')}`,
  ]);
  t.same(
    deleted(denyAll, holding([called('broken', tweak(denyAll, 'spec.podSelector', { matchLabels: { 'a b': '' } }))])),
    [
      `metadata.name: ${ends('deleting the policy', 'ingress')}`,
      `metadata.name: ${ends('deleting the policy', 'egress')}`,
    ],
    'an unreadable selector isolates nobody',
  );
  t.end();
});

test('a change that narrows a default-deny is refused', (t) => {
  t.same(changed(denyAll, ofWeb, alone), [
    `spec: ${ends('the change', 'ingress')}`,
    `spec: ${ends('the change', 'egress')}`,
  ]);
  t.same(
    changed(
      denyAll,
      tweak(denyAll, 'spec.podSelector', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }),
      alone,
    ),
    [`spec: ${ends('the change', 'ingress', 'app=web')}`, `spec: ${ends('the change', 'egress', 'app=web')}`],
  );
  t.same(changed(denyAll, tweak(denyAll, 'spec.policyTypes', ['Ingress']), alone), [
    `spec: ${ends('the change', 'egress')}`,
  ]);
  t.same(changed(denyAll, tweak(denyAll, 'spec.policyTypes', undefined), alone), [
    `spec: ${ends('the change', 'egress')}`,
  ]);
  t.same(
    changed(denyAll, tweak(denyAll, 'spec.podSelector', 'all'), alone).length,
    2,
    'an unreadable selector isolates nobody',
  );
  t.same(
    deleted(tweak(denyAll, 'spec.podSelector', 'all'), alone).length,
    2,
    'an unreadable selector may have isolated everybody',
  );
  t.end();
});

test('a selector that cannot be read keeps what it isolated, whatever that was, as long as it stays the same', (t) => {
  const unreadable = tweak(denyAll, 'spec.podSelector', { matchExpressions: [{ values: ['web'] }] });
  t.same(changed(unreadable, tweak(unreadable, 'metadata.annotations', { touched: 'yes' }), alone), []);
  t.same(changed(unreadable, tweak(unreadable, 'spec.policyTypes', ['Ingress']), alone), [
    `spec: ${ends('the change', 'egress')}`,
  ]);
  t.equal(
    changed(unreadable, tweak(unreadable, 'spec.podSelector', 'all'), alone).length,
    2,
    'another may isolate less',
  );
  t.end();
});

test('a change that keeps or widens what is isolated is none of this rule’s business', (t) => {
  t.same(changed(denyAll, tweak(denyAll, 'spec.ingress', [{}]), alone), [], 'rules appear: confined-peers judges them');
  t.same(changed(denyAll, tweak(denyAll, 'spec.podSelector', { matchLabels: {} }), alone), [], 'another spelling');
  t.same(changed(denyAll, tweak(denyAll, 'spec.podSelector', null), alone), [], 'null selects every pod');
  t.same(changed(ofWeb, denyAll, alone), [], 'wider');
  t.same(changed(tweak(denyAll, 'spec.policyTypes', ['Ingress']), denyAll, alone), [], 'one more direction');
  t.same(changed(denyAll, ofWeb, holding([called('another', denyAll)])), [], 'another default-deny stands');
  t.end();
});

/** The namespace holds these pods, and beside the judged policy only these. */
const without = (pods: readonly PodFact[], ...policies: readonly NetworkPolicy[]): World => ({
  networkPolicies: { 'acme-dev': policies },
  pods: { 'acme-dev': pods },
});

test('where there never was a default-deny, the pods that are there decide', (t) => {
  const pods = [pod('web-1', { app: 'web' }), pod('web-0', { app: 'web' }), pod('db', { app: 'db' })];
  t.same(deleted(ofWeb, without(pods)), [
    `metadata.name: ${leaves('deleting the policy', 'ingress')}`,
    `metadata.name: ${leaves('deleting the policy', 'egress')}`,
  ]);
  t.same(deleted(ofWeb, without([])), [], 'no pod is opened');
  t.same(deleted(ofWeb, without([pod('db', { app: 'db' })])), [], 'the policy never selected it');
  t.same(deleted(ofWeb, without([pod('web', { app: 'web' }, true)])), [], 'the host’s network was never governed');
  t.same(deleted(ofWeb, without(pods, called('other', ofWeb))), [], 'another policy still selects them');
  t.same(changed(ofWeb, tweak(ofWeb, 'spec.podSelector.matchLabels.tier', 'front'), without(pods)), [
    `spec: ${leaves('the change', 'ingress')}`,
    `spec: ${leaves('the change', 'egress')}`,
  ]);
  t.end();
});

test('a policy that is about to go isolates no longer: it is terminating, or the garbage collector may take it', (t) => {
  const both = [
    `metadata.name: ${ends('deleting the policy', 'ingress')}`,
    `metadata.name: ${ends('deleting the policy', 'egress')}`,
  ];
  const terminating = tweak(denyAll, 'metadata.deletionTimestamp', '2026-06-01T00:00:00Z');
  t.same(deleted(denyAll, holding([called('going', terminating)])), both);
  const owned = tweak(denyAll, 'metadata.ownerReferences', [{ kind: 'ConfigMap', name: 'k', uid: '1' }]);
  t.same(deleted(denyAll, holding([called('owned', owned)])), both);
  t.same(changed(denyAll, owned, alone), [
    `spec: ${ends('the change', 'ingress')}`,
    `spec: ${ends('the change', 'egress')}`,
  ]);
  t.same(changed(denyAll, owned, holding([called('another', denyAll)])), [], 'another one stands');
  t.same(changed(owned, tweak(owned, 'metadata.labels', { team: 'x' }), alone), [], 'it had its owner before');
  t.same(deleted(owned, alone), both, 'it isolates while it is there');
  const nameless = tweak(denyAll, 'metadata', null) as unknown as NetworkPolicy;
  t.same(deleted(denyAll, without([], nameless)), [], 'what says nothing of its end lasts');
  t.end();
});

test('policies that are too many to compare are no cover to take one away', (t) => {
  const selecting = (x: string, y: string) => ({
    matchExpressions: [
      { key: 'x', operator: x },
      { key: 'y', operator: y },
    ],
  });
  const operators = ['Exists', 'DoesNotExist'];
  const quadrants = operators.flatMap((x) => operators.map((y) => tweak(denyAll, 'spec.podSelector', selecting(x, y))));
  const fillers = Array.from({ length: 13 }, (_, index) =>
    called(`a${index}`, tweak(denyAll, 'spec.podSelector', { matchLabels: { [`f${index}`]: '1', g: '1' } })),
  );
  const [first, ...rest] = quadrants.map((quadrant, index) => called(`q${index}`, quadrant));
  const judged = first as unknown as Manifest;
  t.equal(deleted(judged, without([], ...rest)).length, 2, 'the four cover every pod');
  t.equal(deleted(judged, without([], ...fillers, ...rest)).length, 2, 'and still do behind a crowd');
  t.same(deleted(judged, without([], ...fillers, called('all', denyAll), ...rest)), [], 'a default-deny is seen first');
  t.end();
});

test('the platform, the cleaning controllers and nobody in particular may take isolation away', (t) => {
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.same(linesOf(judge(rule, denyAll, { operation: 'DELETE', world: alone, principal: { kind } })), [], kind);
    t.same(linesOf(judge(rule, ofWeb, { old: denyAll, world: alone, principal: { kind } })), [], kind);
  }
  t.end();
});

test('in the platform’s namespaces nothing is judged', (t) => {
  t.same(deleted(tweak(denyAll, 'metadata.namespace', 'kube-system'), { networkPolicies: {} }), []);
  t.end();
});

test('what cannot be read leaves the operation undecided', (t) => {
  const noPolicies = judge(rule, denyAll, {
    operation: 'DELETE',
    world: { networkPolicies: { 'acme-dev': undefined } },
  });
  t.equal(noPolicies.outcome, 'undecided');
  t.equal(noPolicies.admitted, false);
  t.same(noPolicies.missingFacts, [{ fact: 'networkPoliciesOf', namespace: 'acme-dev' }]);
  const noPods = judge(rule, ofWeb, {
    operation: 'DELETE',
    world: { networkPolicies: { 'acme-dev': [] }, pods: { 'acme-dev': undefined } },
  });
  t.equal(noPods.outcome, 'undecided');
  t.match(noPods.gaps, [{ message: 'the pods of namespace "acme-dev" could not be read' }]);
  t.equal(
    judge(rule, denyAll, { old: ofWeb, world: { networkPolicies: { 'acme-dev': undefined } } }).outcome,
    'allowed',
    'a wider policy asks for nothing',
  );
  t.end();
});

test('selectors made to be slow are judged in time, and strictly', (t) => {
  const slow = Array.from({ length: 40 }, (_, index) =>
    called(
      `slow-${index}`,
      tweak(denyAll, 'spec.podSelector', { matchLabels: { [`a${index}`]: 'x', [`b${index}`]: 'x' } }),
    ),
  );
  const halves = ['Exists', 'DoesNotExist'].map((operator) =>
    called(
      operator,
      tweak(denyAll, 'spec.podSelector', {
        matchExpressions: [
          { key: 'z', operator },
          { key: 'y', operator: 'Exists' },
        ],
      }),
    ),
  );
  const missing = called(
    'missing',
    tweak(denyAll, 'spec.podSelector', { matchExpressions: [{ key: 'y', operator: 'DoesNotExist' }] }),
  );
  t.equal(deleted(denyAll, holding([...slow, ...halves, missing])).length, 2);
  t.same(deleted(denyAll, holding([...halves, missing])), [], 'what can be compared is compared');
  t.end();
});

const labelled = (kind: 'Pod' | 'Deployment' | 'CronJob', labels?: PodFact['labels']): Manifest =>
  tweak(minimalObject(kind), `${templateOf[kind]}metadata.labels`, labels);
const templateOf = { Pod: '', Deployment: 'spec.template.', CronJob: 'spec.jobTemplate.spec.template.' } as const;
const onlyWeb = without([], called('web', ofWeb));
const taken = (whom: string, direction: string, to = 'app=db', from = 'app=web', policies = '"web"'): string =>
  `the change takes ${whom} out of ${direction} isolation: NetworkPolicy ${policies} isolates what has ${from}, and no policy of namespace "acme-dev" that lasts isolates what has ${to}`;

test('a pod or a template may not walk out of the policies that isolate it', (t) => {
  const places = [
    ['Pod', 'metadata.labels', 'pod "web"'],
    ['Deployment', 'spec.template.metadata.labels', 'the next pods of Deployment "web"'],
    ['CronJob', 'spec.jobTemplate.spec.template.metadata.labels', 'the next pods of CronJob "web"'],
  ] as const;
  for (const [kind, field, whom] of places) {
    const old = labelled(kind, { app: 'web' });
    t.same(changed(old, labelled(kind, { app: 'db' }), onlyWeb), [
      `${field}: ${taken(whom, 'ingress')}`,
      `${field}: ${taken(whom, 'egress')}`,
    ]);
    t.same(changed(old, labelled(kind), onlyWeb), [
      `${field}: ${taken(whom, 'ingress', 'no labels')}`,
      `${field}: ${taken(whom, 'egress', 'no labels')}`,
    ]);
    t.same(changed(old, labelled(kind, { app: 'web', tier: 'front' }), onlyWeb), [], 'still selected');
    t.same(changed(labelled(kind, { app: 'db' }), old, onlyWeb), [], 'into isolation');
    t.same(changed(labelled(kind, { app: 'db' }), labelled(kind, { app: 'x' }), onlyWeb), [], 'it never was isolated');
    t.same(changed(old, labelled(kind, { app: 'db' }), alone), [], 'the default-deny stands');
  }
  t.end();
});

test('each direction is judged by itself, and every policy that isolated is named', (t) => {
  const pods = [labelled('Pod', { app: 'web' }), labelled('Pod', { app: 'db' })] as const;
  const ingress = called('ingress', tweak(denyAll, 'spec.policyTypes', ['Ingress']));
  t.same(changed(...pods, without([], called('web', ofWeb), ingress)), [
    `metadata.labels: ${taken('pod "web"', 'egress')}`,
  ]);
  t.same(changed(...pods, without([], called('b', ofWeb), called('a', ofWeb), ingress)), [
    `metadata.labels: ${taken('pod "web"', 'egress', 'app=db', 'app=web', '"a", "b"')}`,
  ]);
  t.match(
    judge(rule, pods[1], { old: pods[0], world: onlyWeb }).violations[0]?.fix,
    /^Keep the labels, or apply a default-deny first:\n {2}spec:\n {4}podSelector: \{\}\n {4}policyTypes: \[Ingress\]$/,
  );
  t.end();
});

test('a policy that is about to go holds a relabelled pod no longer, unless it was all there was', (t) => {
  const pods = [labelled('Pod', { app: 'web' }), labelled('Pod', { app: 'db' })] as const;
  const going = called(
    'going',
    tweak(denyAll, 'metadata.ownerReferences', [{ kind: 'ConfigMap', name: 'k', uid: '1' }]),
  );
  t.equal(changed(...pods, without([], called('web', ofWeb), going)).length, 2);
  t.same(changed(...pods, without([], going)), [], 'with either labels the same policy isolates it');
  const nameless = tweak(ofWeb, 'metadata', null) as unknown as NetworkPolicy;
  t.equal(changed(...pods, without([], nameless)).length, 2);
  t.end();
});

test('labels that the namespace gives to pods count for templates', (t) => {
  const ofTenant = called(
    'tenant',
    tweak(denyAll, 'spec.podSelector', { matchLabels: { 'tenantgate.dev/tenant': 'acme' } }),
  );
  const [old, now] = [labelled('Deployment', { app: 'web' }), labelled('Deployment', { app: 'db' })];
  t.same(changed(old, now, without([], called('web', ofWeb), ofTenant)), []);
  const unknown = judge(rule, now, { old, world: { ...without([], ofTenant), namespaces: { 'acme-dev': undefined } } });
  t.equal(unknown.outcome, 'undecided');
  t.end();
});

test('what changes no labels asks for nothing, and the host’s network has nothing to lose', (t) => {
  const unknown: World = { networkPolicies: { 'acme-dev': undefined } };
  const outcome = (old: Manifest, now: Manifest): string => judge(rule, now, { old, world: unknown }).outcome;
  for (const kind of ['Pod', 'Deployment', 'CronJob'] as const) {
    const old = labelled(kind, { app: 'web' });
    t.equal(outcome(old, tweak(old, 'metadata.annotations', { a: 'b' })), 'allowed', kind);
    t.equal(outcome(old, tweak(old, 'spec.paused', true)), 'allowed', kind);
    t.equal(outcome(old, labelled(kind, { app: 'db' })), 'undecided', kind);
  }
  const [old, now] = [labelled('Pod', { app: 'web' }), labelled('Pod', { app: 'db' })];
  t.same(changed(tweak(old, 'spec.hostNetwork', true), now, onlyWeb), []);
  t.same(changed(old, tweak(now, 'spec.hostNetwork', true), onlyWeb), []);
  const templates = [minimalObject('PodTemplate'), tweak(minimalObject('PodTemplate'), 'template', undefined)] as const;
  t.same(changed(...templates, onlyWeb), [], 'a template that goes has no pods');
  t.same(changed(templates[1], templates[0], onlyWeb), [], 'nor has one that comes');
  t.end();
});

test('pods are judged when they change, not when they come or go', (t) => {
  const old = labelled('Pod', { app: 'web' });
  t.same(deleted(old, onlyWeb), []);
  t.same(linesOf(judge(rule, old, { world: onlyWeb })), []);
  t.end();
});
