import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalNamespace, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'namespaces/reserved-labels';
const plain = minimalNamespace();
const shared = 'tenantgate.dev/shared';
const labelled = (key: string, value: string, manifest: Manifest = plain): Manifest =>
  tweak(manifest, ['metadata', 'labels', key], value);
const line = (key: string, what: string): string =>
  `metadata.labels["${key}"]: ${what}, but only the platform may set this label`;

test('a tenant does not set, change or remove a reserved label', (t) => {
  const create = judge(rule, labelled(shared, 'yes'));
  t.same(linesOf(create), [line(shared, 'is set to "yes"')]);
  t.equal(create.violations[0]?.fix, 'Remove the label.');
  const old = labelled(shared, 'no');
  t.same(linesOf(judge(rule, labelled(shared, 'yes'), { old: plain })), [line(shared, 'is set to "yes"')]);
  t.same(linesOf(judge(rule, labelled(shared, 'yes'), { old })), [line(shared, 'is set to "yes"')]);
  const removed = judge(rule, plain, { old });
  t.same(linesOf(removed), [line(shared, 'is removed (it was "no")')]);
  t.equal(removed.violations[0]?.fix, 'Keep the label at "no".');
  t.same(linesOf(judge(rule, tweak(old, 'metadata.labels', undefined), { old })), [
    line(shared, 'is removed (it was "no")'),
  ]);
  t.end();
});

test('labels are reserved by exact key or by prefix', (t) => {
  const set = setOf(rule, undefined, { reservedLabels: { keys: ['env'], prefixes: ['acme.example/'] } });
  t.equal(judge(rule, labelled('env', 'x'), { set }).outcome, 'denied');
  t.equal(judge(rule, labelled('acme.example/a', 'x'), { set }).outcome, 'denied');
  t.equal(judge(rule, labelled('environment', 'x'), { set }).outcome, 'allowed');
  t.equal(judge(rule, labelled(shared, 'x'), { set }).outcome, 'allowed');
  const none = { set: setOf(rule, undefined, { reservedLabels: undefined }) };
  t.equal(judge(rule, labelled(shared, 'x'), none).outcome, 'allowed');
  t.end();
});

test('all of them are told at once, sorted', (t) => {
  const manifest = labelled('tenantgate.dev/b', '1', labelled('tenantgate.dev/a', '2'));
  t.same(linesOf(judge(rule, manifest)), [
    line('tenantgate.dev/a', 'is set to "2"'),
    line('tenantgate.dev/b', 'is set to "1"'),
  ]);
  t.end();
});

test('other labels, the tenant label and the API server’s name label are not this rule’s', (t) => {
  t.same(linesOf(judge(rule, plain)), []);
  t.same(linesOf(judge(rule, labelled('tenantgate.dev/tenant', 'globex'), { old: plain })), []);
  t.same(linesOf(judge(rule, labelled('kubernetes.io/metadata.name', 'acme-dev'), { old: plain })), []);
  t.same(linesOf(judge(rule, labelled('constructor', 'x'), { old: plain })), []);
  t.same(linesOf(judge(rule, labelled(shared, 'x'), { old: labelled(shared, 'x') })), [], 'unchanged');
  t.end();
});

test('on the platform’s namespaces a tenant sets no label at all', (t) => {
  const kubeSystem = tweak(tweak(plain, 'metadata.name', 'kube-system'), 'metadata.labels', {});
  const manifest = labelled('env', 'prod', kubeSystem);
  t.same(linesOf(judge(rule, manifest, { old: kubeSystem })), [line('env', 'is set to "prod"')]);
  t.same(linesOf(judge(rule, manifest, { old: kubeSystem, principal: { kind: 'platform' } })), []);
  t.same(linesOf(judge(rule, manifest, { old: kubeSystem, principal: { kind: 'unknown' } })), []);
  t.end();
});

test('the platform and the controllers may set them; where nobody is named the strict meaning holds', (t) => {
  t.same(linesOf(judge(rule, labelled(shared, 'yes'), { principal: { kind: 'platform' } })), []);
  t.same(linesOf(judge(rule, labelled(shared, 'yes'), { principal: { kind: 'controller' } })), []);
  t.equal(linesOf(judge(rule, labelled(shared, 'yes'), { principal: { kind: 'unknown' } })).length, 1);
  t.end();
});
