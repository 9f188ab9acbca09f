import { test } from 'tap';

import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/no-remote-decryption';
const decrypting = (value: unknown): Manifest => tweak(minimalObject('Kustomization'), 'spec.decryption', value);
const secretRef = { name: 'keys' };
const refused =
  'spec.decryption: names neither secretRef nor serviceAccountName, so Flux would decrypt with the keys of its controller';

test('a Kustomization decrypts with keys of the tenant', (t) => {
  for (const value of [
    undefined,
    null,
    { secretRef },
    { serviceAccountName: 'a' },
    { secretRef, serviceAccountName: 'a' },
  ]) {
    t.same(linesOf(judge(rule, decrypting(value))), [], JSON.stringify(value));
  }
  for (const value of [
    {},
    { provider: 'sops' },
    { secretRef: null },
    { secretRef: { name: '' }, serviceAccountName: '' },
  ]) {
    t.same(linesOf(judge(rule, decrypting(value))), [refused], JSON.stringify(value));
  }
  t.match(judge(rule, decrypting({})).violations[0]?.fix, /^Name a Secret of the namespace:\n {2}spec:\n/);
  t.same(linesOf(judge(rule, tweak(minimalObject('Kustomization'), 'spec', null))), []);
  t.end();
});

test('the policy may demand a service account beside the Secret', (t) => {
  const set = setOf(rule, { requireServiceAccount: true });
  const decision = judge(rule, decrypting({ secretRef }), { set });
  t.same(linesOf(decision), [
    'spec.decryption.serviceAccountName: is missing, so Flux would use its controller’s cloud identity for files that a cloud’s keys encrypt',
  ]);
  t.match(decision.violations[0]?.fix, /serviceAccountName: <name>$/);
  t.same(linesOf(judge(rule, decrypting({ secretRef, serviceAccountName: 'a' }), { set })), []);
  t.end();
});
