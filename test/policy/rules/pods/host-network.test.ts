import { test } from 'tap';

import { podKinds, type PodKind } from '../../../../src/policy/objects/kinds.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';

const rule = 'pods/host-network';
const message = 'true puts the pod on the node’s network, where no NetworkPolicy governs it';

const fields: Readonly<Record<PodKind, string>> = {
  Pod: 'spec.hostNetwork',
  PodTemplate: 'template.spec.hostNetwork',
  ReplicationController: 'spec.template.spec.hostNetwork',
  ReplicaSet: 'spec.template.spec.hostNetwork',
  Deployment: 'spec.template.spec.hostNetwork',
  StatefulSet: 'spec.template.spec.hostNetwork',
  DaemonSet: 'spec.template.spec.hostNetwork',
  Job: 'spec.template.spec.hostNetwork',
  CronJob: 'spec.jobTemplate.spec.template.spec.hostNetwork',
};

for (const kind of podKinds) {
  test(`a ${kind} on the host’s network is refused where it says so`, (t) => {
    const decision = judge(rule, tweak(minimalObject(kind), fields[kind], true));
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [`${fields[kind]}: ${message}`]);
    t.equal(decision.violations[0]?.fix, 'Remove the field or set it to false.');
    t.end();
  });

  test(`a ${kind} on the pod network is admitted`, (t) => {
    t.same(linesOf(judge(rule, minimalObject(kind))), []);
    for (const value of [false, null])
      t.same(linesOf(judge(rule, tweak(minimalObject(kind), fields[kind], value))), []);
    t.end();
  });
}

test('objects without a pod spec or template have nothing to refuse', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec', undefined))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('PodTemplate'), 'template', undefined))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('CronJob'), 'spec.jobTemplate', null))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('Deployment'), 'spec.template', null))), []);
  t.end();
});

test('pods that a controller of the platform makes are judged like any other', (t) => {
  const pod = tweak(minimalPod(), 'spec.hostNetwork', true);
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.equal(judge(rule, pod, { principal: { kind } }).outcome, 'denied', kind);
  }
  t.end();
});

test('the owner of the namespace need not be known to refuse', (t) => {
  t.equal(judge(rule, tweak(minimalPod(), 'spec.hostNetwork', true), { world: { namespaces: {} } }).outcome, 'denied');
  t.equal(judge(rule, minimalPod(), { world: { namespaces: {} } }).outcome, 'allowed');
  t.equal(
    judge(rule, tweak(tweak(minimalPod(), 'spec.hostNetwork', true), 'metadata.namespace', 'kube-system')).outcome,
    'allowed',
    'the platform’s own pods may',
  );
  t.end();
});

test('deletion is not judged', (t) => {
  t.equal(judge(rule, tweak(minimalPod(), 'spec.hostNetwork', true), { operation: 'DELETE' }).outcome, 'allowed');
  t.end();
});
