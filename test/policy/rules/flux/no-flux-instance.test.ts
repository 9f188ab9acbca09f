import { test } from 'tap';

import { judge, linesOf } from '../../../support/judge.ts';
import { minimalObject, tweak } from '../../../support/minimal-objects.ts';

const rule = 'flux/no-flux-instance';
const object = minimalObject('FluxInstance');
const said = 'kind: "FluxInstance" is a kind for the platform only, since it configures Flux for the whole cluster';

test('a FluxInstance is in no namespace of a tenant', (t) => {
  t.same(linesOf(judge(rule, object)), [said]);
  t.same(linesOf(judge(rule, tweak(object, 'metadata.namespace', 'default'))), [said]);
  t.same(linesOf(judge(rule, tweak(object, 'metadata.namespace', 'flux-system'))), []);
  t.end();
});

test('one that was there is not made another', (t) => {
  const changed = tweak(object, 'spec.cluster', { multitenant: false });
  t.equal(judge(rule, changed, { old: object }).outcome, 'denied');
  t.equal(judge(rule, object, { old: object }).outcome, 'allowed');
  t.end();
});
