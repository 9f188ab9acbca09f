import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { twoTenants, type World } from '../../../support/facts.ts';
import { tweak, type Manifest } from '../../../support/minimal-objects.ts';
import { policyWith } from '../../../support/network-policies.ts';

const rule = 'network/peer-matches-nothing';
const pod = (app: string) => ({ name: app, labels: { app }, hostNetwork: false });
const world: World = {
  pods: { 'acme-dev': [pod('web')], 'acme-prod': [pod('db')], 'acme-no-quota': [], 'acme-no-limits': [] },
};
const from = (...peers: readonly Manifest[]): Manifest =>
  policyWith({ policyTypes: ['Ingress'], ingress: [{ from: peers }] });
const lines = (peer: Manifest, given: World = world): readonly string[] =>
  linesOf(judge(rule, from(peer), { world: given }));
const app = (value: string): Manifest => ({ podSelector: { matchLabels: { app: value } } });
const acme = (more: Manifest = {}): Manifest => ({
  namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'acme', ...more } },
});
const named = (name: string, more: Manifest = {}): Manifest => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name, ...more } },
});
const at = 'spec.ingress[0].from[0]';

test('a podSelector that no pod of the own namespace matches is warned of', (t) => {
  t.same(lines(app('wbe')), [
    `${at}.podSelector: {matchLabels: {app: wbe}} selects no pod and no pod template in the policy’s own namespace "acme-dev", so the peer allows nothing now`,
  ]);
  t.same(lines(app('web')), []);
  t.same(lines(app('nightly'), { ...world, podTemplates: { 'acme-dev': [pod('nightly')] } }), [], 'a template');
  t.same(lines({ podSelector: {} }), [], 'every pod');
  t.equal(judge(rule, from(app('wbe')), { world }).outcome, 'allowed');
  t.end();
});

test('egress peers are looked at as well, and rules without an effect are not', (t) => {
  const egress = { egress: [{ to: [{ podSelector: {} }, app('wbe')] }] };
  t.match(linesOf(judge(rule, policyWith({ policyTypes: ['Egress'], ...egress }), { world })), [
    /^spec\.egress\[0\]\.to\[1\]\.podSelector: /,
  ]);
  t.same(linesOf(judge(rule, policyWith({ policyTypes: ['Ingress'], ...egress }), { world })), []);
  t.end();
});

test('a namespaceSelector that no namespace of the tenant matches is warned of', (t) => {
  t.same(lines(acme({ env: 'prdo' })), [
    `${at}.namespaceSelector: {matchLabels: {tenantgate.dev/tenant: acme, env: prdo}} selects no namespace that is there now, so the peer allows nothing; looked at: "acme-dev", "acme-no-limits", "acme-no-quota", "acme-prod"`,
  ]);
  t.match(lines(named('acme-prod', { env: 'dev' })), [/looked at: "acme-prod"$/]);
  t.same(lines(acme({ env: 'prod' })), []);
  t.same(lines(named('acme-prod')), []);
  t.end();
});

test('pods of the tenant’s other namespaces are looked for', (t) => {
  t.same(lines({ ...named('acme-prod'), ...app('web') }), [
    `${at}.podSelector: {matchLabels: {app: web}} selects no pod and no pod template in the namespaces "acme-prod", so the peer allows nothing now`,
  ]);
  t.same(lines({ ...acme(), ...app('db') }), [], 'one of them has it');
  t.match(lines({ ...acme(), ...app('cache') }), [
    /in the namespaces "acme-dev", "acme-no-limits", "acme-no-quota", "acme-prod"/,
  ]);
  t.same(lines({ ...named('acme-no-quota'), ...app('web') }), [], 'no pod is there yet');
  t.end();
});

test('what others run is not told, and what is not known is not guessed', (t) => {
  const everything: World = { pods: { ...world.pods, 'globex-dev': [pod('x')], 'kube-system': [pod('x')] } };
  t.same(lines({ ...named('globex-dev'), ...app('web') }, everything), [], 'another tenant’s');
  t.same(lines({ ...named('kube-system'), ...app('web') }, everything), [], 'the platform’s');
  t.same(lines({ namespaceSelector: { matchLabels: { env: 'prdo' } } }), [], 'anybody’s');
  t.same(lines(named('acme-later')), [], 'a namespace that is not there is a matter of network/confined-peers');
  const names = Array.from({ length: 9 }, (_, index) => `n${index}`);
  const many = {
    namespaceSelector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: names }] },
  };
  t.same(lines(many), [], 'too many names');
  const hidden = { ...world, namespaces: { ...twoTenants, 'acme-prod': undefined } };
  t.same(lines(acme({ env: 'prdo' }), hidden), [], 'not all namespaces are known');
  const unknown = judge(rule, from({ ...named('acme-prod'), ...app('x') }), { world: hidden });
  t.match(unknown, {
    outcome: 'allowed',
    violations: [],
    adviceFacts: [{ fact: 'namespace', namespace: 'acme-prod' }],
  });
  t.match(judge(rule, from(app('wbe')), { world: { pods: {} } }), {
    outcome: 'allowed',
    violations: [],
    adviceFacts: [{ fact: 'podsOf', namespace: 'acme-dev' }],
  });
  t.same(linesOf(judge(rule, from(app('wbe')), { world, principal: { kind: 'unknown' } })), [], 'kept elsewhere');
  t.end();
});

test('more namespaces than are looked into say nothing of their pods', (t) => {
  const labels = { 'tenantgate.dev/tenant': 'acme' };
  const names = ['acme-dev', ...Array.from({ length: 8 }, (_, index) => `acme-${index}`)];
  const given = {
    namespaces: Object.fromEntries(names.map((name) => [name, labels])),
    pods: Object.fromEntries(names.map((name) => [name, [pod('x')]])),
  };
  t.same(lines({ ...acme(), ...app('web') }, given), []);
  t.end();
});

test('a selector that contradicts itself is warned of, whatever is known', (t) => {
  const none = { matchLabels: { app: 'web' }, matchExpressions: [{ key: 'app', operator: 'DoesNotExist' }] };
  const message = /contradicts itself: nothing can match it, so the peer allows nothing$/;
  t.match(lines({ podSelector: none }, { pods: {} }), [message]);
  t.match(lines({ namespaceSelector: none }, { pods: {} }), [message]);
  t.end();
});

test('what other rules report is left to them', (t) => {
  t.same(lines({ podSelector: 7 }), []);
  t.same(lines({ ipBlock: { cidr: '203.0.113.0/24' } }), []);
  const large = Array.from({ length: 5001 }, () => app('wbe'));
  t.same(linesOf(judge(rule, from(...large), { world })), []);
  t.equal(judge(rule, from(...large.slice(0, 150)), { world }).violations.length, 100, 'a hundred peers are enough');
  t.end();
});

test('a namespace of nobody has only itself', (t) => {
  const given = { pods: { default: [pod('web')] } };
  const nobodys = (peer: Manifest) =>
    linesOf(judge(rule, tweak(from(peer), 'metadata.namespace', 'default'), { world: given }));
  t.equal(nobodys(app('wbe')).length, 1);
  t.same(nobodys(acme({ env: 'prdo' })), []);
  t.end();
});
