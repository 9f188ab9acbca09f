import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import type { World } from '../../../support/facts.ts';
import { tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/selects-nothing';
const pod = (app: string) => ({ name: app, labels: { app }, hostNetwork: false });
const world: World = { pods: { 'acme-dev': [pod('web')] }, podTemplates: { 'acme-dev': [pod('nightly')] } };
const lines = (podSelector: Manifest, given: World = world): readonly string[] =>
  linesOf(judge(rule, policyWith({ podSelector }), { world: given }));
const nothing = (selector: string): string =>
  `spec.podSelector: ${selector} selects no pod and no pod template of namespace "acme-dev", so the policy governs nothing there now`;
const app = (value: string): Manifest => ({ matchLabels: { app: value } });

test('a selector that no pod and no template matches is warned of', (t) => {
  t.same(lines(app('wbe')), [nothing('{matchLabels: {app: wbe}}')]);
  t.same(lines({ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }), [
    nothing('{matchExpressions: [{key: tier, operator: Exists}]}'),
  ]);
  const decision = judge(rule, policyWith({ podSelector: app('wbe') }), { world });
  t.match(decision, { outcome: 'allowed', violations: [{ mode: 'warn', fix: /podSelector: \{\}$/ }] });
  t.end();
});

test('a selector of a pod that runs, of a template, or of all pods is silent', (t) => {
  t.same(lines(app('web')), []);
  t.same(lines(app('nightly')), [], 'the pods of a CronJob come at night');
  t.same(lines({ matchLabels: { 'tenantgate.dev/tenant': 'acme' } }), [], 'a template’s pods get the tenant’s label');
  t.same(lines({}, {}), [], 'a default-deny is for what is to come');
  t.end();
});

test('a selector that contradicts itself is warned of, whatever is known', (t) => {
  const none = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] };
  t.match(lines(none, { pods: {}, podTemplates: {} }), [/contradicts itself: no pod can match it/]);
  t.end();
});

test('before any pod is there, and where it is not known what there is, nothing is said', (t) => {
  t.same(lines(app('wbe'), {}), [], 'an empty namespace: policies come first');
  const policy = policyWith({ podSelector: app('wbe') });
  const noPods = judge(rule, policy, { world: { pods: {} } });
  t.match(noPods, { outcome: 'allowed', violations: [], adviceFacts: [{ fact: 'podsOf', namespace: 'acme-dev' }] });
  const noTemplates = judge(rule, policy, { world: { ...world, podTemplates: {} } });
  t.match(noTemplates, { violations: [], adviceFacts: [{ fact: 'podTemplatesOf', namespace: 'acme-dev' }] });
  t.same(
    judge(rule, policyWith({ podSelector: app('web') }), { world: { ...world, podTemplates: {} } }).adviceFacts,
    [],
    'one pod is enough',
  );
  t.same(linesOf(judge(rule, policy, { world, principal: { kind: 'unknown' } })), [], 'pods may be kept elsewhere');
  t.same(lines({ matchLabels: 'web' }), [], 'what cannot be read is another rule’s');
  t.same(lines({ matchLabels: Object.fromEntries(Array.from({ length: 501 }, (_, index) => [`k${index}`, ''])) }), []);
  t.end();
});

test('in a namespace of nobody no pod gets a tenant’s label', (t) => {
  const nobodys = tweak(
    policyWith({ podSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme' } } }),
    'metadata.namespace',
    'default',
  );
  const given = { pods: { default: [] }, podTemplates: { default: [pod('web')] } };
  t.equal(judge(rule, nobodys, { world: given }).violations.length, 1);
  t.end();
});
