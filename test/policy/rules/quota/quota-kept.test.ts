import { test } from 'tap';

import type { Principal } from '../../../../src/tenancy/principal.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalLimitRange, minimalResourceQuota, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'quota/quota-kept';
const quotaOf = (hard: unknown, more: Manifest = {}): Manifest =>
  tweak(minimalResourceQuota(), 'spec', { hard, ...more });
const rangeOf = (...limits: readonly unknown[]): Manifest => tweak(minimalLimitRange(), 'spec', { limits });
const change = (old: Manifest, now: Manifest): readonly string[] => linesOf(judge(rule, now, { old }));

const kept: readonly (readonly [unknown, unknown])[] = [
  ['1000', '1e3'],
  ['0.5', '500m'],
  ['1Ki', '1024'],
  ['1Ki', '1k'],
  ['9007199254740993', '9007199254740992'],
  [4, '4'],
  ['4', '3.999999999'],
  ['nonsense', '4'],
  ['nonsense', 'nonsense'],
];

for (const [was, is] of kept) {
  test(`a bound of ${String(was)} may become ${String(is)}`, (t) => {
    t.same(change(quotaOf({ pods: was }), quotaOf({ pods: is, secrets: '1' })), []);
    t.end();
  });
}

const raised: readonly (readonly [unknown, unknown])[] = [
  ['1k', '1Ki'],
  ['999', '1e3'],
  ['499m', '0.5'],
  ['9007199254740992', '9007199254740993'],
  ['9223372036854775807', '9223372036854775808'],
  ['4', '4.000000001'],
  [4, 5],
];

for (const [was, is] of raised) {
  test(`a bound of ${String(was)} may not become ${String(is)}`, (t) => {
    const [line = ''] = change(quotaOf({ 'limits.cpu': was }), quotaOf({ 'limits.cpu': is }));
    t.match(line, /^spec\.hard\["limits\.cpu"\]: raises limits\.cpu from .+ to .+$/);
    t.end();
  });
}

test('a limit range that has a type twice may stay as it is', (t) => {
  const twice = rangeOf({ type: 'Pod', max: { cpu: '2' } }, { type: 'Pod', max: { cpu: 'many' } });
  t.same(change(twice, tweak(twice, 'metadata.annotations', { touched: 'yes' })), []);
  t.match(change(twice, rangeOf({ type: 'Pod', max: { cpu: '4' } })), [/raises Pod max\.cpu from "2" to "4"/]);
  t.end();
});

test('bounds may not go, nor become what nobody can read', (t) => {
  t.same(change(quotaOf({ pods: '4', 'limits.cpu': '2' }), quotaOf({ pods: '4' })), [
    'spec.hard["limits.cpu"]: takes away the bound on limits.cpu, which was "2"',
  ]);
  t.same(change(quotaOf({ pods: '4' }), quotaOf(null)), [
    'spec.hard["pods"]: takes away the bound on pods, which was "4"',
  ]);
  t.same(change(quotaOf({ pods: '4' }), quotaOf({ pods: 'many' })), [
    'spec.hard["pods"]: "many" is no quantity such as "500m", "2" or "1Gi"',
  ]);
  t.same(change(quotaOf({ pods: '4' }), tweak(minimalResourceQuota(), 'spec', null)), [
    'spec.hard["pods"]: takes away the bound on pods, which was "4"',
  ]);
  t.same(change(quotaOf({ constructor: '4' }), quotaOf({})), [
    'spec.hard["constructor"]: takes away the bound on constructor, which was "4"',
  ]);
  t.end();
});

test('what a quota counts may not change', (t) => {
  const scoped = quotaOf({ pods: '4' }, { scopes: ['NotBestEffort'] });
  t.same(change(quotaOf({ pods: '4' }), scoped), ['spec.scopes: [NotBestEffort] bounds other pods than [] did']);
  const scopeSelector = { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] };
  t.equal(change(quotaOf({ pods: '4' }), quotaOf({ pods: '4' }, { scopeSelector })).length, 1);
  t.same(change(quotaOf({ pods: '4' }), quotaOf({ pods: '4' }, { scopes: null, scopeSelector: null })), []);
  t.end();
});

test('the status of a quota is the quota controller’s', (t) => {
  const withStatus = (hard: string): Manifest => ({ ...quotaOf({ pods: '4' }), status: { hard: { pods: hard } } });
  t.same(change(withStatus('4'), withStatus('4000')), [
    'status: is written by a tenant, but pods are admitted by the numbers in it; only the quota controller counts',
  ]);
  const controller: Principal = { kind: 'controller' };
  t.same(linesOf(judge(rule, withStatus('4000'), { old: withStatus('4'), principal: controller })), []);
  t.same(change(withStatus('4'), withStatus('4')), []);
  t.end();
});

test('the maxima, minima and ratios of a LimitRange hold, and its defaults stay there', (t) => {
  const item = {
    type: 'Container',
    max: { cpu: '2' },
    min: { cpu: '100m' },
    default: { cpu: '1' },
    maxLimitRequestRatio: { cpu: '4' },
  };
  const old = rangeOf(item);
  t.same(
    change(old, rangeOf({ ...item, max: { cpu: '2001m' }, min: { cpu: '99m' }, maxLimitRequestRatio: { cpu: 5 } })),
    [
      'spec.limits[0].max["cpu"]: raises Container max.cpu from "2" to "2001m"',
      'spec.limits[0].min["cpu"]: lowers Container min.cpu from "100m" to "99m"',
      'spec.limits[0].maxLimitRequestRatio["cpu"]: raises Container maxLimitRequestRatio.cpu from "4" to 5',
    ],
  );
  t.same(change(old, rangeOf({ type: 'Container' })), [
    'spec.limits[0].max["cpu"]: takes away the bound on Container max.cpu, which was "2"',
    'spec.limits[0].min["cpu"]: takes away the bound on Container min.cpu, which was "100m"',
    'spec.limits[0].default["cpu"]: takes away the bound on Container default.cpu, which was "1"',
    'spec.limits[0].maxLimitRequestRatio["cpu"]: takes away the bound on Container maxLimitRequestRatio.cpu, which was "4"',
  ]);
  t.equal(change(old, rangeOf({ ...item, type: 'Pod' })).length, 4, 'another type is another bound');
  t.same(
    change(old, rangeOf({ type: 'Pod', max: { cpu: '8' } }, { ...item, min: { cpu: '200m' }, default: { cpu: '2' } })),
    [],
  );
  t.equal(change(rangeOf({ max: { cpu: '1' } }), tweak(minimalLimitRange(), 'spec', null)).length, 1);
  t.end();
});

test('neither is deleted, nor given to the garbage collector', (t) => {
  t.same(linesOf(judge(rule, quotaOf({ pods: '4', 'limits.cpu': '2' }), { operation: 'DELETE' })), [
    'metadata.name: deleting the ResourceQuota takes away what bounds namespace "acme-dev": [limits.cpu, pods]',
  ]);
  t.same(linesOf(judge(rule, minimalLimitRange(), { operation: 'DELETE' })), [
    'metadata.name: deleting the LimitRange takes away what bounds namespace "acme-dev": ["Container default.cpu", "Container default.memory", "Container max.cpu", "Container max.memory"]',
  ]);
  t.same(linesOf(judge(rule, quotaOf({}), { operation: 'DELETE' })), [], 'it bounded nothing');
  const owned = tweak(minimalResourceQuota(), 'metadata.ownerReferences', [{ kind: 'ConfigMap', name: 'a', uid: 'b' }]);
  t.same(change(minimalResourceQuota(), owned), [
    'metadata.ownerReferences: gives the ResourceQuota an owner, with which the garbage collector deletes it',
  ]);
  t.same(change(owned, minimalResourceQuota()), []);
  const swapped = tweak(owned, 'metadata.ownerReferences', [{ kind: 'ConfigMap', name: 'a', uid: 'c' }]);
  t.equal(change(owned, swapped).length, 1, 'nor another in the place of one that it has');
  t.end();
});

test('the platform and the controllers that clean up may do all of it', (t) => {
  const principals: readonly Principal[] = [{ kind: 'platform' }, { kind: 'controller' }];
  for (const principal of principals) {
    t.same(linesOf(judge(rule, minimalResourceQuota(), { operation: 'DELETE', principal })), []);
    t.same(linesOf(judge(rule, quotaOf({}), { old: minimalResourceQuota(), principal })), []);
  }
  t.end();
});
