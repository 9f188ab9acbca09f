import { test } from 'tap';

import { podKinds, tenantLabelledKinds } from '../../../../src/policy/objects/kinds.ts';
import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';

const rule = 'pods/tenant-label-matches';
const label = 'tenantgate.dev/tenant';
const onObject = ['metadata', 'labels', label];
const ofGlobex = '"globex" is not the tenant of namespace "acme-dev", which belongs to "acme"';

for (const kind of tenantLabelledKinds) {
  test(`a ${kind} wears its namespace’s tenant label or none`, (t) => {
    const object = minimalObject(kind);
    t.same(linesOf(judge(rule, object)), []);
    t.same(linesOf(judge(rule, tweak(object, onObject, 'acme'))), []);
    t.same(linesOf(judge(rule, tweak(object, onObject, 'globex'))), [`metadata.labels["${label}"]: ${ofGlobex}`]);
    t.end();
  });
}

for (const kind of podKinds.filter((kind) => kind !== 'Pod')) {
  test(`the pod template of a ${kind} wears no other tenant’s label`, (t) => {
    const path = { PodTemplate: ['template'], CronJob: ['spec', 'jobTemplate', 'spec', 'template'] }[
      kind as string
    ] ?? ['spec', 'template'];
    const labelled = (value: string) => tweak(minimalObject(kind), [...path, 'metadata', 'labels', label], value);
    t.same(linesOf(judge(rule, labelled('globex'))), [`${path.join('.')}.metadata.labels["${label}"]: ${ofGlobex}`]);
    t.same(linesOf(judge(rule, labelled('acme'))), []);
    t.end();
  });
}

test('object and template are judged each', (t) => {
  const both = tweak(
    tweak(minimalObject('Job'), onObject, 'globex'),
    ['spec', 'template', 'metadata', 'labels', label],
    'x',
  );
  t.same(linesOf(judge(rule, both)), [
    `metadata.labels["${label}"]: ${ofGlobex}`,
    `spec.template.metadata.labels["${label}"]: "x" is not the tenant of namespace "acme-dev", which belongs to "acme"`,
  ]);
  t.end();
});

test('a workload without a template is judged by its own labels', (t) => {
  const object = tweak(minimalObject('PodTemplate'), 'template', null);
  t.same(linesOf(judge(rule, object)), []);
  t.equal(linesOf(judge(rule, tweak(object, onObject, 'globex'))).length, 1);
  t.end();
});

test('an empty value is no tenant', (t) => {
  t.same(linesOf(judge(rule, tweak(minimalPod(), onObject, ''))), [
    `metadata.labels["${label}"]: "" is not the tenant of namespace "acme-dev", which belongs to "acme"`,
  ]);
  t.equal(judge(rule, tweak(minimalPod(), onObject, '')).violations[0]?.fix, 'Remove the label, or set it to "acme".');
  t.end();
});

test('in a namespace of nobody every tenant label is wrong', (t) => {
  const pod = tweak(tweak(minimalPod(), onObject, 'acme'), 'metadata.namespace', 'default');
  const [violation] = judge(rule, pod).violations;
  t.equal(violation?.message, `"acme" is not the tenant of namespace "default", which has no label "${label}"`);
  t.equal(violation?.fix, 'Remove the label.');
  t.equal(judge(rule, tweak(pod, onObject, '')).outcome, 'denied');
  t.end();
});

test('where the namespace is not known, a label is undecided and no label is fine', (t) => {
  const world = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.equal(judge(rule, tweak(minimalPod(), onObject, 'acme'), { world }).outcome, 'undecided');
  t.equal(judge(rule, minimalPod(), { world }).outcome, 'allowed');
  t.same(judge(rule, tweak(minimalPod(), onObject, 'acme'), { world: { namespaces: {} } }).missingFacts, [
    { fact: 'namespace', namespace: 'acme-dev' },
    { fact: 'namespace', namespace: 'acme-dev' },
  ]);
  t.end();
});

test('labels called like members of objects are labels like any other', (t) => {
  const pod = tweak(minimalPod(), 'metadata.labels', JSON.parse('{"constructor":"x","__proto__":"y","toString":"z"}'));
  t.same(linesOf(judge(rule, pod)), []);
  t.end();
});
