import { test } from 'tap';

import { mutate } from '../../../../src/policy/mutate.ts';
import { factsOf } from '../../../support/facts.ts';
import { setOf, subjectOf } from '../../../support/judge.ts';
import { minimalNamespace, tweak } from '../../../support/minimal-objects.ts';

const set = setOf('namespaces/pod-security-default');
const levels = (enforce: string, warn: string, audit: string) => ({
  'pod-security.kubernetes.io/enforce': enforce,
  'pod-security.kubernetes.io/warn': warn,
  'pod-security.kubernetes.io/audit': audit,
});
const add = (label: string, value: string) => ({
  op: 'add',
  path: `/metadata/labels/pod-security.kubernetes.io~1${label}`,
  value,
});

test('a tenant namespace gets the labels that it lacks', (t) => {
  t.same(mutate(subjectOf(minimalNamespace()), set, factsOf()).patch, [
    add('enforce', 'baseline'),
    add('warn', 'restricted'),
    add('audit', 'restricted'),
  ]);
  t.end();
});

test('levels that are there are left alone, stricter or not', (t) => {
  const privileged = tweak(
    minimalNamespace(),
    ['metadata', 'labels', 'pod-security.kubernetes.io/enforce'],
    'privileged',
  );
  t.same(mutate(subjectOf(privileged), set, factsOf()).patch, [add('warn', 'restricted'), add('audit', 'restricted')]);
  const all = tweak(minimalNamespace(), 'metadata.labels', {
    'tenantgate.dev/tenant': 'acme',
    ...levels('a', 'b', 'c'),
  });
  t.same(mutate(subjectOf(all), set, factsOf()).patch, []);
  t.end();
});

test('params choose the levels', (t) => {
  const params = { enforce: 'restricted', warn: 'baseline', audit: 'privileged' };
  t.same(
    mutate(subjectOf(minimalNamespace()), setOf('namespaces/pod-security-default', params), factsOf()).patch.map(
      ({ value }) => value,
    ),
    ['restricted', 'baseline', 'privileged'],
  );
  t.end();
});

test('the tenant that counts is the one the namespace will have', (t) => {
  const ofNobody = tweak(minimalNamespace(), 'metadata.labels', undefined);
  t.equal(mutate(subjectOf(minimalNamespace(), { old: ofNobody }), set, factsOf()).patch.length, 3);
  t.same(mutate(subjectOf(ofNobody, { old: minimalNamespace() }), set, factsOf()).patch, []);
  t.same(mutate(subjectOf(tweak(minimalNamespace(), 'metadata.name', 'kube-system')), set, factsOf()).patch, []);
  t.end();
});
