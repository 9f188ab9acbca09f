import { test } from 'tap';

import { podKinds, type PodKind } from '../../../../src/policy/objects/kinds.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';

const rule = 'pods/host-namespaces';
const messages = {
  hostPID:
    'true shows the pod every process of the node, with the environment and the open files of other tenants’ containers',
  hostIPC: 'true shows the pod the shared memory and message queues of the node’s processes',
};

for (const kind of podKinds) {
  test(`a ${kind} that shares the host’s processes or IPC is refused where it says so`, (t) => {
    for (const name of ['hostPID', 'hostIPC'] as const) {
      const field = `${podPath(kind)}spec.${name}`;
      const decision = judge(rule, tweak(minimalObject(kind), field, true));
      t.equal(decision.outcome, 'denied');
      t.same(linesOf(decision), [`${field}: ${messages[name]}`]);
      t.equal(decision.violations[0]?.fix, 'Remove the field or set it to false.');
      for (const value of [false, null, undefined])
        t.same(linesOf(judge(rule, tweak(minimalObject(kind), field, value))), []);
    }
    t.end();
  });
}

test('both are told at once, and the host’s network is another rule’s', (t) => {
  const both = tweak(tweak(minimalPod(), 'spec.hostPID', true), 'spec.hostIPC', true);
  t.same(linesOf(judge(rule, both)), [`spec.hostPID: ${messages.hostPID}`, `spec.hostIPC: ${messages.hostIPC}`]);
  t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec.hostNetwork', true))), []);
  t.end();
});

test('a workload without a template has nothing to refuse', (t) => {
  const kind: PodKind = 'PodTemplate';
  t.same(linesOf(judge(rule, tweak(minimalObject(kind), 'template', null))), []);
  t.end();
});

test('an old pod is warned of, and not made worse', (t) => {
  const old = tweak(minimalPod(), 'spec.hostPID', true);
  t.equal(judge(rule, tweak(old, 'metadata.labels.app', 'web'), { old }).outcome, 'allowed');
  t.equal(judge(rule, tweak(old, 'spec.hostIPC', true), { old }).outcome, 'denied');
  t.end();
});
