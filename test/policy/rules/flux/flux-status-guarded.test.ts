import { test } from 'tap';

import { fluxStatusGuarded } from '../../../../src/policy/rules/flux/flux-status-guarded.ts';
import type { Principal } from '../../../../src/tenancy/principal.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalObject, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'flux/flux-status-guarded';
const ready = { conditions: [{ type: 'Ready', status: 'True' }], observedGeneration: 1 };
const throughStatus = { subresource: 'status' };

for (const kind of fluxStatusGuarded.kinds) {
  const old = tweak(minimalObject(kind), 'status', ready);
  const changed = tweak(old, 'status.observedGeneration', 2);

  test(`the status of a ${kind} is not written by tenants`, (t) => {
    const decision = judge(rule, changed, { old, ...throughStatus });
    t.same(linesOf(decision), ['status: is changed by a tenant, but only Flux’s controllers report it']);
    t.equal(decision.violations[0]?.fix, 'Leave the status to Flux.');
    for (const principal of [{ kind: 'platform' }, { kind: 'controller' }] as const) {
      t.equal(judge(rule, changed, { old, principal, ...throughStatus }).outcome, 'allowed', principal.kind);
    }
    t.equal(judge(rule, old, { old, ...throughStatus }).outcome, 'allowed', 'nothing is changed');
    t.equal(judge(rule, changed, { old }).outcome, 'allowed', 'the API server leaves the status out of other writes');
    t.end();
  });
}

test('the artifact of a source is named: it is what Flux deploys', (t) => {
  const old = tweak(minimalObject('ExternalArtifact'), 'status', null);
  const lines = (status: unknown, before: Manifest = old): readonly string[] =>
    linesOf(judge(rule, tweak(before, 'status', status), { old: before, ...throughStatus }));
  const said = ['status.artifact: is changed by a tenant, and whatever it names is what Flux deploys'];
  t.same(lines({ artifact: { url: 'http://evil.example/a.tar.gz' } }), said);
  t.same(lines(null, tweak(old, 'status', { artifact: { url: 'http://a' } })), said, 'it is removed');
  t.same(lines({}), []);
  t.same(lines('no object'), []);
  t.end();
});

test('users whom the policy names may write it', (t) => {
  const set = setOf(rule, { allowedUsers: ['system:serviceaccount:tools:builder'] });
  const as = (username: string): Principal => ({ kind: 'tenant', username, serviceAccountNamespace: undefined });
  const old = minimalObject('ExternalArtifact');
  const changed = tweak(old, 'status', ready);
  const outcome = (username: string) =>
    judge(rule, changed, { old, set, principal: as(username), ...throughStatus }).outcome;
  t.equal(outcome('system:serviceaccount:tools:builder'), 'allowed');
  t.equal(outcome('system:serviceaccount:tools:builder2'), 'denied');
  t.end();
});

test('a write without the object before it, and a write through any other subresource, are not for this rule', (t) => {
  const object = tweak(minimalObject('ExternalArtifact'), 'status', ready);
  t.equal(judge(rule, object, { operation: 'UPDATE', ...throughStatus }).outcome, 'allowed');
  t.equal(judge(rule, object, { old: minimalObject('ExternalArtifact'), subresource: 'scale' }).outcome, 'allowed');
  t.end();
});
