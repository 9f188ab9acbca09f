import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import type { ResourceQuota } from '../../../../src/policy/objects/quota.ts';
import { accountPrincipal, judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';

const rule = 'quota/quota-present';
const quotaOf = (spec: ResourceQuota['spec']): ResourceQuota => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  ...(spec === undefined ? {} : { spec }),
});
const lines = (quotas: readonly ResourceQuota[], resources: readonly string[] = []): readonly string[] =>
  linesOf(
    judge(rule, minimalPod(), { world: { resourceQuotas: { 'acme-dev': quotas } }, set: setOf(rule, { resources }) }),
  );

const none =
  'metadata.namespace: namespace "acme-dev" has no ResourceQuota, so its pods may take all that the cluster has';

test('the first workload of each kind in a namespace without a quota is told of', (t) => {
  for (const kind of podKinds) {
    const bare = tweak(minimalObject(kind), 'metadata.namespace', 'acme-no-quota');
    t.equal(linesOf(judge(rule, bare, { principal: accountPrincipal })).length, 1, kind);
    t.same(linesOf(judge(rule, minimalObject(kind), { principal: accountPrincipal })), [], kind);
  }
  t.end();
});

test('a quota that bounds nothing, or only some pods, is none', (t) => {
  t.same(lines([]), [none]);
  t.same(lines([quotaOf({ hard: {} }), quotaOf(undefined), quotaOf(null)]), [none]);
  t.same(lines([quotaOf({ hard: { pods: '4' }, scopes: ['BestEffort'] })]), [none]);
  t.same(lines([quotaOf({ hard: { pods: '4' }, scopeSelector: { matchExpressions: [] } })]), [none]);
  t.same(lines([quotaOf({ hard: { pods: '4' }, scopes: null, scopeSelector: null })]), []);
  t.end();
});

test('the resources that the policy names have to be bounded, each in some quota', (t) => {
  const both = [quotaOf({ hard: { 'limits.cpu': '2' } }), quotaOf({ hard: { 'limits.memory': '2Gi' } })];
  t.same(lines(both, ['limits.cpu', 'limits.memory']), []);
  t.same(lines(both, ['pods', 'limits.cpu', 'constructor']), [
    'metadata.namespace: no ResourceQuota of namespace "acme-dev" bounds "constructor", "pods"',
  ]);
  t.same(lines([], ['pods']), [none]);
  t.end();
});

test('only tenants are told, since controllers make what was judged before', (t) => {
  const world = { resourceQuotas: { 'acme-dev': [] } };
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.same(linesOf(judge(rule, minimalPod(), { world, principal: { kind } })), [], kind);
  }
  t.equal(
    judge(rule, minimalPod(), { world, old: tweak(minimalPod(), 'metadata.labels', { a: 'b' }) }).outcome,
    'allowed',
  );
  t.end();
});

test('quotas that cannot be read leave it undecided', (t) => {
  const decision = judge(rule, minimalPod(), { world: { resourceQuotas: {} } });
  t.equal(decision.outcome, 'undecided');
  t.same(decision.missingFacts, [{ fact: 'resourceQuotasOf', namespace: 'acme-dev' }]);
  t.match(decision.gaps[0], { message: 'the ResourceQuotas of namespace "acme-dev" could not be read' });
  t.end();
});

test('the fix is a quota to paste', (t) => {
  const world = { resourceQuotas: { 'acme-dev': [] } };
  t.equal(
    judge(rule, minimalPod(), { world }).violations[0]?.fix,
    'Have the platform bound the namespace:\n  apiVersion: v1\n  kind: ResourceQuota\n  metadata:\n    name: default\n    namespace: acme-dev\n  spec:\n    hard:\n      requests.cpu: <quantity>\n      requests.memory: <quantity>',
  );
  t.match(
    judge(rule, minimalPod(), { world, set: setOf(rule, { resources: ['pods'] }) }).violations[0]?.fix,
    /hard:\n {6}pods: <quantity>$/,
  );
  t.end();
});
