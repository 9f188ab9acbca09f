import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';

const rule = 'pods/no-node-pinning';
const pinned = 'node-1 puts the pod on that node past the scheduler, whatever the node’s taints say';
const controlPlane = 'node-role.kubernetes.io/control-plane';
const withTolerations = (...tolerations: readonly object[]) => tweak(minimalPod(), 'spec.tolerations', tolerations);

for (const kind of podKinds) {
  test(`a ${kind} may neither name its node nor tolerate the control plane’s taint`, (t) => {
    const nodeName = `${podPath(kind)}spec.nodeName`;
    const decision = judge(rule, tweak(minimalObject(kind), nodeName, 'node-1'));
    t.same(linesOf(decision), [`${nodeName}: ${pinned}`]);
    t.equal(decision.outcome, 'denied');
    const tolerations = `${podPath(kind)}spec.tolerations`;
    t.same(linesOf(judge(rule, tweak(minimalObject(kind), tolerations, [{ key: controlPlane, operator: 'Exists' }]))), [
      `${tolerations}[0]: {key: ${controlPlane}, operator: Exists} tolerates the taint ${controlPlane}, which keeps tenants away`,
    ]);
    t.same(linesOf(judge(rule, minimalObject(kind))), []);
    t.end();
  });
}

test('a toleration of every taint reaches the control plane too', (t) => {
  const every = 'tolerates every taint, the control plane’s included';
  for (const toleration of [
    { operator: 'Exists' },
    { key: '', operator: 'Exists' },
    { key: null, operator: 'Exists', effect: '' },
  ])
    t.match(linesOf(judge(rule, withTolerations(toleration)))[0], every);
  t.same(linesOf(judge(rule, withTolerations({ operator: 'Exists', effect: 'NoSchedule' }))), [
    'spec.tolerations[0]: {operator: Exists, effect: NoSchedule} tolerates every NoSchedule taint',
  ]);
  t.end();
});

test('tolerations of other taints, and those that match nothing, are fine', (t) => {
  for (const toleration of [
    { key: 'dedicated', operator: 'Equal', value: 'acme', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
    { key: '', operator: 'Equal', value: '' },
    {},
  ])
    t.same(linesOf(judge(rule, withTolerations(toleration))), []);
  t.end();
});

test('which taints keep tenants away is the operator’s word', (t) => {
  const set = setOf(rule, { taints: ['example.com/platform'] });
  t.same(linesOf(judge(rule, withTolerations({ key: 'example.com/platform' }), { set })), [
    'spec.tolerations[0]: {key: example.com/platform} tolerates the taint example.com/platform, which keeps tenants away',
  ]);
  t.same(linesOf(judge(rule, withTolerations({ key: controlPlane, operator: 'Exists' }), { set })), []);
  t.end();
});

test('the node that the scheduler chose is no violation of a Pod that changes', (t) => {
  const old = tweak(minimalPod(), 'spec.nodeName', 'node-1');
  t.same(linesOf(judge(rule, tweak(old, 'metadata.labels.app', 'web'), { old })), []);
  const tolerant = tweak(old, 'spec.tolerations', [{ operator: 'Exists' }]);
  t.equal(judge(rule, tolerant, { old }).outcome, 'denied', 'a toleration can still be added');
  const template = tweak(minimalObject('Job'), 'spec.template.spec.nodeName', 'node-1');
  t.equal(judge(rule, template, { old: minimalObject('Job') }).outcome, 'denied');
  t.end();
});

test('an empty name of a node is none, nor is one in a workload without a template', (t) => {
  for (const value of ['', null]) t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec.nodeName', value))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('PodTemplate'), 'template', null))), []);
  t.end();
});
