import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';

const rule = 'pods/no-system-priority';

for (const kind of podKinds) {
  test(`a ${kind} does not run at the system’s priority`, (t) => {
    const field = `${podPath(kind)}spec.priorityClassName`;
    for (const name of ['system-node-critical', 'system-cluster-critical']) {
      const decision = judge(rule, tweak(minimalObject(kind), field, name));
      t.equal(decision.outcome, 'denied');
      t.same(linesOf(decision), [
        `${field}: ${name} is the system’s: pods of that priority drive out those of every tenant`,
      ]);
      t.equal(decision.violations[0]?.fix, 'Remove the field.');
    }
    for (const name of ['batch', 'systematic', '', null, undefined])
      t.same(linesOf(judge(rule, tweak(minimalObject(kind), field, name))), []);
    t.end();
  });
}

test('a number above those that users may define is the system’s, by whatever name', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec.priority', 1_000_000_001))), [
    'spec.priority: 1000000001 is above 1000000000, the highest that is not the system’s',
  ]);
  for (const value of [1_000_000_000, 0, -10, null])
    t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec.priority', value))), []);
  const both = tweak(
    tweak(minimalPod(), 'spec.priority', 2_000_000_000),
    'spec.priorityClassName',
    'system-node-critical',
  );
  t.equal(linesOf(judge(rule, both)).length, 1, 'which the class has told already');
  t.end();
});

test('where the operator lists classes, only those are for tenants', (t) => {
  const set = setOf(rule, { allowed: ['tenant-low', 'tenant-high'] });
  const named = (name: string) => judge(rule, tweak(minimalPod(), 'spec.priorityClassName', name), { set });
  t.same(linesOf(named('tenant-high')), []);
  t.same(linesOf(judge(rule, minimalPod(), { set })), []);
  t.same(linesOf(named('platform')), [
    'spec.priorityClassName: platform is not a priority class for tenants; these are: "tenant-high", "tenant-low"',
  ]);
  t.equal(named('platform').violations[0]?.fix, 'Use one of "tenant-high", "tenant-low", or remove the field.');
  t.end();
});

test('a workload without a template has nothing to refuse', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalObject('PodTemplate'), 'template', null))), []);
  t.end();
});
