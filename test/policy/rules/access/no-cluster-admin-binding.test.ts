import { test } from 'tap';

import { accountPrincipal, judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalRoleBinding, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'access/no-cluster-admin-binding';
const asAccount = { principal: accountPrincipal };
const bound = (name: string, kind: 'RoleBinding' | 'ClusterRoleBinding' = 'RoleBinding'): Manifest =>
  tweak(minimalRoleBinding(kind), 'roleRef.name', name);

test('in a namespace tenants bind admin, edit, view and roles of their own', (t) => {
  for (const name of ['admin', 'edit', 'view']) t.same(linesOf(judge(rule, bound(name), asAccount)), [], name);
  t.same(linesOf(judge(rule, tweak(bound('cluster-admin'), 'roleRef.kind', 'Role'), asAccount)), []);
  t.same(linesOf(judge(rule, bound('cluster-admin'), asAccount)), [
    'roleRef.name: "cluster-admin" is not among the ClusterRoles that tenants may bind: "admin", "edit", "view" and gives every right, over the Namespace itself too',
  ]);
  t.same(linesOf(judge(rule, bound('system:node'), asAccount)), [
    'roleRef.name: "system:node" is not among the ClusterRoles that tenants may bind: "admin", "edit", "view"',
  ]);
  t.equal(judge(rule, tweak(bound('view'), 'roleRef.name', undefined), asAccount).outcome, 'denied');
  t.equal(judge(rule, tweak(bound('view'), 'roleRef', null), asAccount).outcome, 'allowed');
  t.end();
});

test('across the cluster tenants bind nothing', (t) => {
  t.same(linesOf(judge(rule, bound('view', 'ClusterRoleBinding'), asAccount)), [
    'roleRef.name: "view" is bound in the namespaces of all tenants; allowed across the cluster: none',
  ]);
  t.equal(judge(rule, bound('view', 'ClusterRoleBinding')).outcome, 'denied', 'a person who is not the platform’s');
  t.end();
});

test('the platform approves others by name', (t) => {
  const set = setOf(rule, { allowedClusterRoles: ['reader'], allowedClusterWideRoles: ['storage-viewer'] });
  t.equal(judge(rule, bound('reader'), { ...asAccount, set }).outcome, 'allowed');
  t.equal(judge(rule, bound('view'), { ...asAccount, set }).outcome, 'denied');
  t.equal(judge(rule, bound('storage-viewer', 'ClusterRoleBinding'), { ...asAccount, set }).outcome, 'allowed');
  t.same(linesOf(judge(rule, bound('reader', 'ClusterRoleBinding'), { ...asAccount, set })), [
    'roleRef.name: "reader" is bound in the namespaces of all tenants; allowed across the cluster: "storage-viewer"',
  ]);
  t.end();
});

test('the platform makes what bindings it needs; where nobody is named, a RoleBinding is judged', (t) => {
  for (const kind of ['RoleBinding', 'ClusterRoleBinding'] as const) {
    t.same(linesOf(judge(rule, bound('cluster-admin', kind), { principal: { kind: 'platform' } })), []);
  }
  t.equal(judge(rule, bound('cluster-admin'), { principal: { kind: 'unknown' } }).outcome, 'denied');
  t.end();
});

test('a binding that the platform made stays; tenants take subjects away and add none', (t) => {
  const [web, api] = ['web', 'api'].map((name) => ({ kind: 'ServiceAccount', name, namespace: 'acme-dev' }));
  const withSubjects = (...subjects: readonly unknown[]): Manifest =>
    tweak(bound('cluster-admin'), 'subjects', subjects);
  const old = withSubjects(web, api);
  const outcomes = (subjects: readonly unknown[]): unknown =>
    judge(rule, tweak(withSubjects(...subjects), 'metadata.labels', { a: 'b' }), { ...asAccount, old }).outcome;
  t.equal(outcomes([api, web]), 'allowed');
  t.equal(outcomes([web]), 'allowed');
  t.equal(outcomes([]), 'allowed');
  t.equal(outcomes([web, { ...web, name: 'other' }]), 'denied');
  t.equal(judge(rule, tweak(old, 'subjects', null), { ...asAccount, old }).outcome, 'allowed');
  t.equal(judge(rule, old, { ...asAccount, old: tweak(old, 'subjects', null) }).outcome, 'denied');
  t.end();
});
