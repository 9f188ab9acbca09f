import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak } from '../../../support/minimal-objects.ts';

const rule = 'flux/service-account-required';
const field = 'spec.serviceAccountName';
const missing = `${field}: is missing, so Flux would apply with the identity of its controller instead of the tenant’s`;

for (const kind of ['Kustomization', 'HelmRelease'] as const) {
  const object = minimalObject(kind);

  test(`a ${kind} names a service account`, (t) => {
    t.same(linesOf(judge(rule, object)), []);
    for (const value of [undefined, null, '']) t.same(linesOf(judge(rule, tweak(object, field, value))), [missing]);
    for (const value of [undefined, null]) t.same(linesOf(judge(rule, tweak(object, 'spec', value))), [missing]);
    t.equal(
      judge(rule, tweak(object, field, '')).violations[0]?.fix,
      'Name a service account of the namespace:\n  spec:\n    serviceAccountName: <name>',
    );
    t.end();
  });

  test(`a ${kind} names one of the allowed service accounts, where they are listed`, (t) => {
    const set = setOf(rule, { allowedNames: ['deployer', 'another'] });
    const decision = judge(rule, object, { set });
    t.same(linesOf(decision), [`${field}: "flux" is not among the allowed service accounts: "another", "deployer"`]);
    t.equal(decision.violations[0]?.fix, 'Use one of the allowed service accounts.');
    t.same(linesOf(judge(rule, tweak(object, field, 'deployer'), { set })), []);
    t.same(linesOf(judge(rule, tweak(object, field, null), { set })), [missing]);
    t.end();
  });

  test(`a ${kind} of the platform is not judged`, (t) => {
    const platforms = tweak(tweak(object, field, undefined), 'metadata.namespace', 'flux-system');
    t.same(linesOf(judge(rule, platforms)), []);
    t.end();
  });
}
