import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { minimalNamespace, tweak } from '../../../support/minimal-objects.ts';

const rule = 'namespaces/tenant-label-required';
const path = ['metadata', 'labels', 'tenantgate.dev/tenant'];
const field = 'metadata.labels["tenantgate.dev/tenant"]';
const missing = `${field}: is missing, so namespace "acme-dev" belongs to nobody`;

test('a namespace without a tenant label is refused, whoever makes it', (t) => {
  for (const manifest of [
    tweak(minimalNamespace(), path, undefined),
    tweak(minimalNamespace(), 'metadata.labels', null),
    tweak(minimalNamespace(), 'metadata.labels', undefined),
  ]) {
    t.same(linesOf(judge(rule, manifest)), [missing]);
    t.same(linesOf(judge(rule, manifest, { principal: { kind: 'platform' } })), [missing]);
  }
  t.end();
});

test('an empty tenant label names nobody', (t) => {
  const decision = judge(rule, tweak(minimalNamespace(), path, ''));
  t.same(linesOf(decision), [`${field}: is empty, so namespace "acme-dev" belongs to nobody`]);
  t.equal(
    decision.violations[0]?.fix,
    'Name the tenant:\n  metadata:\n    labels:\n      tenantgate.dev/tenant: <tenant>',
  );
  t.end();
});

test('a namespace of a tenant or of the platform is admitted', (t) => {
  t.same(linesOf(judge(rule, minimalNamespace())), []);
  const platforms = tweak(tweak(minimalNamespace(), 'metadata.name', 'cert-manager'), path, undefined);
  t.same(linesOf(judge(rule, platforms)), []);
  t.end();
});

test('a namespace that never had the label may be changed otherwise, with a warning', (t) => {
  const old = tweak(minimalNamespace(), path, undefined);
  const decision = judge(rule, tweak(old, ['metadata', 'labels', 'team'], 'x'), { old });
  t.equal(decision.outcome, 'allowed');
  t.match(decision.violations, [{ leniency: { kind: 'preexisting' } }]);
  t.equal(judge(rule, old, { old: minimalNamespace() }).outcome, 'denied', 'taking the label away');
  t.end();
});
