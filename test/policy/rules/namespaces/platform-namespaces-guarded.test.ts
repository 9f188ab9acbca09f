import { test } from 'tap';

import { accountPrincipal, judge, linesOf, setOf, tenantPrincipal } from '../../../support/judge.ts';
import { minimalNamespace, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'namespaces/platform-namespaces-guarded';
const named = (name: string): Manifest => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
const kubeSystem = named('kube-system');
const annotated = tweak(kubeSystem, 'metadata.annotations', { owner: 'acme' });
const line = (name: string, verb: string): string =>
  `metadata.name: "${name}" is a namespace of the platform, and a tenant ${verb} it`;

test('a tenant neither makes, changes nor deletes a namespace of the platform', (t) => {
  for (const principal of [tenantPrincipal, accountPrincipal]) {
    t.same(linesOf(judge(rule, annotated, { principal, old: kubeSystem })), [line('kube-system', 'changes')]);
    t.same(linesOf(judge(rule, named('cert-manager'), { principal })), [line('cert-manager', 'creates')]);
    const deleted = judge(rule, named('flux-system'), { principal, operation: 'DELETE' });
    t.same(linesOf(deleted), [line('flux-system', 'deletes')]);
    t.equal(deleted.outcome, 'denied');
    t.equal(deleted.violations[0]?.fix, 'Leave it to the platform.');
  }
  t.end();
});

test('so it is on subresources, and with a label that claims it', (t) => {
  const claimed = tweak(kubeSystem, 'metadata.labels', { 'tenantgate.dev/tenant': 'acme' });
  for (const subresource of ['status', 'finalize']) {
    t.same(linesOf(judge(rule, claimed, { old: kubeSystem, subresource })), [line('kube-system', 'changes')]);
  }
  const emptied = tweak(kubeSystem, 'spec', { finalizers: [] });
  const held = tweak(kubeSystem, 'spec', { finalizers: ['kubernetes'] });
  t.equal(judge(rule, emptied, { old: held, subresource: 'finalize' }).outcome, 'denied');
  t.end();
});

test('which namespaces are the platform’s, the Tenancy document says', (t) => {
  const set = setOf(rule, undefined, { platform: { namespaces: ['ops'] } });
  t.equal(judge(rule, named('ops'), { set }).outcome, 'denied');
  t.equal(judge(rule, kubeSystem, { set }).outcome, 'allowed');
  t.end();
});

test('namespaces of tenants and of nobody are other rules’; what changes nothing passes', (t) => {
  t.same(linesOf(judge(rule, minimalNamespace(), { operation: 'DELETE' })), []);
  t.same(linesOf(judge(rule, named('default'), { operation: 'DELETE' })), []);
  t.same(linesOf(judge(rule, kubeSystem, { old: kubeSystem })), []);
  t.end();
});

test('the platform, its controllers and its manifests are free', (t) => {
  for (const kind of ['platform', 'controller', 'unknown'] as const) {
    t.same(linesOf(judge(rule, kubeSystem, { principal: { kind } })), []);
    t.same(linesOf(judge(rule, annotated, { principal: { kind }, old: kubeSystem })), []);
    t.same(linesOf(judge(rule, kubeSystem, { principal: { kind }, operation: 'DELETE' })), []);
  }
  t.end();
});
