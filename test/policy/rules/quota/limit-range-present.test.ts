import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import type { LimitRange, LimitRangeItem } from '../../../../src/policy/objects/quota.ts';
import { accountPrincipal, judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';

const rule = 'quota/limit-range-present';
const rangeOf = (...limits: LimitRangeItem[]): LimitRange => ({
  apiVersion: 'v1',
  kind: 'LimitRange',
  spec: { limits },
});
const lines = (ranges: readonly LimitRange[], resources = ['cpu', 'memory']): readonly string[] =>
  linesOf(
    judge(rule, minimalPod(), { world: { limitRanges: { 'acme-dev': ranges } }, set: setOf(rule, { resources }) }),
  );
const missing = (...resources: readonly string[]): string =>
  `metadata.namespace: no LimitRange of namespace "acme-dev" limits ${resources.join(', ')} of containers, so one may take all that its node has`;

test('the first workload of each kind in a namespace without a LimitRange is told of', (t) => {
  for (const kind of podKinds) {
    const bare = tweak(minimalObject(kind), 'metadata.namespace', 'acme-no-limits');
    t.equal(linesOf(judge(rule, bare, { principal: accountPrincipal })).length, 1, kind);
    t.same(linesOf(judge(rule, minimalObject(kind), { principal: accountPrincipal })), [], kind);
  }
  t.end();
});

test('a default or a maximum for containers limits them, in whichever LimitRange', (t) => {
  t.same(
    lines([
      rangeOf({ type: 'Container', default: { cpu: '1' } }),
      rangeOf({ type: 'Container', max: { memory: '1Gi' } }),
    ]),
    [],
  );
  t.same(lines([]), [missing('"cpu"', '"memory"')]);
  t.same(lines([{ apiVersion: 'v1', kind: 'LimitRange' }, rangeOf()]), [missing('"cpu"', '"memory"')]);
  t.same(lines([rangeOf({ type: 'Container', max: { cpu: '1' }, default: null })]), [missing('"memory"')]);
  t.same(lines([rangeOf({ type: 'Pod', max: { cpu: '1', memory: '1Gi' } })]), [missing('"cpu"', '"memory"')]);
  t.same(lines([rangeOf({ type: 'Container', min: { cpu: '1' }, maxLimitRequestRatio: { memory: '2' } })]), [
    missing('"cpu"', '"memory"'),
  ]);
  t.same(lines([], []), []);
  t.same(lines([], ['constructor']), [missing('"constructor"')]);
  t.end();
});

test('only tenants are told, since controllers make what was judged before', (t) => {
  const world = { limitRanges: { 'acme-dev': [] } };
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.same(linesOf(judge(rule, minimalPod(), { world, principal: { kind } })), [], kind);
  }
  t.end();
});

test('limit ranges that cannot be read leave it undecided', (t) => {
  const decision = judge(rule, minimalPod(), { world: { limitRanges: {} } });
  t.equal(decision.outcome, 'undecided');
  t.match(decision.gaps[0], { message: 'the LimitRanges of namespace "acme-dev" could not be read' });
  t.end();
});

test('the fix is a LimitRange to paste', (t) => {
  t.equal(
    judge(rule, minimalPod(), { world: { limitRanges: { 'acme-dev': [] } } }).violations[0]?.fix,
    'Have the platform limit containers:\n  apiVersion: v1\n  kind: LimitRange\n  metadata:\n    name: default\n    namespace: acme-dev\n  spec:\n    limits:\n      - type: Container\n        default:\n          cpu: <quantity>\n          memory: <quantity>',
  );
  t.end();
});
