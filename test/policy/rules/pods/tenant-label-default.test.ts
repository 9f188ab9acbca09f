import { test } from 'tap';

import { allowed } from '../../../../src/policy/decision.ts';
import { mutate } from '../../../../src/policy/mutate.ts';
import { tenantLabelledKinds } from '../../../../src/policy/objects/kinds.ts';
import { factsOf, twoTenants } from '../../../support/facts.ts';
import { setOf, subjectOf } from '../../../support/judge.ts';
import { minimalObject, minimalPod, tweak } from '../../../support/minimal-objects.ts';

const set = setOf('pods/tenant-label-default');
const label = 'tenantgate.dev/tenant';

for (const kind of tenantLabelledKinds) {
  test(`a ${kind} gets its namespace’s tenant label, and its pod template none`, (t) => {
    const { patch, rules } = mutate(subjectOf(minimalObject(kind)), set, factsOf());
    t.same(patch, [{ op: 'add', path: '/metadata/labels', value: { [label]: 'acme' } }]);
    t.same(rules, ['pods/tenant-label-default']);
    t.end();
  });
}

test('a label that is there is left alone, right or wrong', (t) => {
  for (const value of ['acme', 'globex', '']) {
    const pod = tweak(minimalPod(), ['metadata', 'labels', label], value);
    t.same(mutate(subjectOf(pod), set, factsOf()), { patch: [], rules: [], decision: allowed });
  }
  t.end();
});

test('objects of the platform and of nobody are left alone', (t) => {
  for (const namespace of ['kube-system', 'default']) {
    t.same(mutate(subjectOf(tweak(minimalPod(), 'metadata.namespace', namespace)), set, factsOf()).patch, []);
  }
  t.end();
});

test('where the namespace is not known the object is undecided', (t) => {
  const facts = factsOf({ namespaces: { ...twoTenants, 'acme-dev': undefined } });
  const { patch, decision } = mutate(subjectOf(minimalPod()), set, facts);
  t.same(patch, []);
  t.equal(decision.outcome, 'undecided');
  t.equal(decision.admitted, false);
  t.same(decision.missingFacts, [{ fact: 'namespace', namespace: 'acme-dev' }]);
  t.end();
});
