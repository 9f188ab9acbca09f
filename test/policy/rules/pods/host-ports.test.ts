import { test } from 'tap';

import { podKinds } from '../../../../src/policy/objects/kinds.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';
import { podPath } from '../../../support/pod-path.ts';

const rule = 'pods/host-ports';
const message = (port: number): string =>
  `${port} takes the port on the node, from every other tenant there, and answers on the node’s address`;

for (const kind of podKinds) {
  test(`a ${kind} that takes a port of the node is refused at the port`, (t) => {
    const path = `${podPath(kind)}spec.containers`;
    const ports = [{ containerPort: 80 }, { containerPort: 81, hostPort: 8081 }];
    const decision = judge(rule, tweak(minimalObject(kind), path, [{ name: 'web', ports }]));
    t.equal(decision.outcome, 'denied');
    t.same(linesOf(decision), [`${path}[0].ports[1].hostPort: ${message(8081)}`]);
    t.equal(decision.violations[0]?.fix, 'Remove the field, and reach the pod through a Service.');
    t.end();
  });
}

for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
  test(`ports of ${list} count`, (t) => {
    const withPort = (hostPort: number | null | undefined) =>
      tweak(minimalPod(), `spec.${list}`, [{ name: 'a', ports: [{ containerPort: 1, hostPort }] }]);
    t.same(linesOf(judge(rule, withPort(1))), [`spec.${list}[0].ports[0].hostPort: ${message(1)}`]);
    t.same(linesOf(judge(rule, withPort(65_535))), [`spec.${list}[0].ports[0].hostPort: ${message(65_535)}`]);
    for (const none of [0, null, undefined]) t.same(linesOf(judge(rule, withPort(none))), []);
    t.end();
  });
}

test('the operator may allow ports', (t) => {
  const set = setOf(rule, { allowed: [9100] });
  const pod = tweak(minimalPod(), 'spec.containers', [{ name: 'a', ports: [{ hostPort: 9100 }, { hostPort: 9101 }] }]);
  t.same(linesOf(judge(rule, pod, { set })), [`spec.containers[0].ports[1].hostPort: ${message(9101)}`]);
  t.end();
});

test('containers without ports, and workloads without a template, have nothing to refuse', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalPod(), 'spec.containers', [{ name: 'a', ports: null }]))), []);
  t.same(linesOf(judge(rule, tweak(minimalObject('PodTemplate'), 'template', null))), []);
  t.end();
});
