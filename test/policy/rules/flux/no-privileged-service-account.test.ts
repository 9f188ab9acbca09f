import { test } from 'tap';

import { noPrivilegedServiceAccount } from '../../../../src/policy/rules/flux/no-privileged-service-account.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak } from '../../../support/minimal-objects.ts';

const rule = 'flux/no-privileged-service-account';
const field = 'spec.serviceAccountName';
const said = 'is a privileged service account, which may do more than the tenant';

for (const kind of noPrivilegedServiceAccount.kinds) {
  test(`a ${kind} names no account of Flux’s own`, (t) => {
    const object = minimalObject(kind);
    for (const name of [undefined, null, '', 'flux', 'my-helm-controller']) {
      t.same(linesOf(judge(rule, tweak(object, field, name))), [], String(name));
    }
    const decision = judge(rule, tweak(object, field, 'helm-controller'));
    t.same(linesOf(decision), [`${field}: "helm-controller" ${said}`]);
    t.equal(decision.violations[0]?.fix, 'Use a service account of the tenant.');
    t.same(linesOf(judge(rule, tweak(object, 'spec', null))), []);
    t.end();
  });
}

test('the account for decryption is no other', (t) => {
  const object = tweak(minimalObject('Kustomization'), 'spec.decryption.serviceAccountName', 'source-controller');
  t.same(linesOf(judge(rule, object)), [`spec.decryption.serviceAccountName: "source-controller" ${said}`]);
  t.end();
});

test('the policy names the accounts', (t) => {
  const set = setOf(rule, { names: ['deployer'] });
  t.same(linesOf(judge(rule, tweak(minimalObject('ResourceSet'), field, 'deployer'), { set })), [
    `${field}: "deployer" ${said}`,
  ]);
  t.same(linesOf(judge(rule, tweak(minimalObject('ResourceSet'), field, 'helm-controller'), { set })), []);
  t.end();
});
