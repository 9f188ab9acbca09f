import { test } from 'tap';

import type { Principal } from '../../../../src/tenancy/principal.ts';
import { accountPrincipal, judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalRole, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'access/no-escalating-role';
const rbac = 'rbac.authorization.k8s.io';
const asAccount = { principal: accountPrincipal };

type Grant = readonly [group: string, resources: readonly string[], verbs: readonly string[]];

const ruleOf = ([group, resources, verbs]: Grant): Manifest => ({ apiGroups: [group], resources, verbs });
const roleOf = (kind: 'Role' | 'ClusterRole', ...grants: readonly Grant[]): Manifest =>
  tweak(minimalRole(kind), 'rules', grants.map(ruleOf));
const lines = (kind: 'Role' | 'ClusterRole', ...grants: readonly Grant[]): readonly string[] =>
  linesOf(judge(rule, roleOf(kind, ...grants), asAccount));

/** Rights that lead to others, and what their holder can do. */
const leading: readonly (readonly [Grant, string])[] = [
  [[rbac, ['roles'], ['escalate']], 'grant what it does not have itself'],
  [[rbac, ['clusterroles'], ['bind', 'get']], 'grant what it does not have itself'],
  [['', ['serviceaccounts'], ['impersonate']], 'act as somebody else'],
  [['', ['users'], ['impersonate:user-info']], 'act as somebody else'],
  [['', ['serviceaccounts/token'], ['create']], 'make itself tokens of other service accounts'],
  [['', ['namespaces/status'], ['patch']], 'change a Namespace, whose labels say whose it is and how it is guarded'],
  [['', ['*/finalize'], ['update']], 'change a Namespace, whose labels say whose it is and how it is guarded'],
  [['', ['resourcequotas'], ['*']], 'change the policies, quotas and roles that bound it'],
  [['networking.k8s.io', ['*'], ['delete']], 'change the policies, quotas and roles that bound it'],
];

for (const [grant, what] of leading) {
  const [group, resources, verbs] = grant;
  test(`${verbs.join()} on ${resources.join()} of ${group || 'core'} leads out of the tenant`, (t) => {
    for (const kind of ['Role', 'ClusterRole'] as const) {
      const found = lines(kind, ['', ['pods'], ['*']], grant);
      t.match(found[0], /^rules\[1\]: verbs \[.+\] on \[.+\] lead out of the tenant: who holds them can /);
      t.match(found[0], what);
      t.equal(lines(kind, ['other.example.com', resources, verbs]).length, 0, 'in another group it is another thing');
    }
    t.end();
  });
}

test('the message holds the verbs and resources as they are written', (t) => {
  t.same(lines('Role', [rbac, ['roles', 'rolebindings'], ['get', 'escalate', 'bind']]), [
    'rules[0]: verbs [bind, escalate] on [roles] lead out of the tenant: who holds them can grant what it does not have itself',
  ]);
  t.same(lines('Role', ['*', ['*'], ['*']]), [
    'rules[0]: verbs ["*"] on ["*"] lead out of the tenant: who holds them can grant what it does not have itself; can act as somebody else; can make itself tokens of other service accounts; can change a Namespace, whose labels say whose it is and how it is guarded; can change the policies, quotas and roles that bound it',
  ]);
  t.end();
});

test('what a Role cannot grant is looked for in ClusterRoles only', (t) => {
  const ofCluster: readonly Grant[] = [
    ['', ['nodes/proxy'], ['get']],
    ['', ['persistentvolumes'], ['create']],
    ['certificates.k8s.io', ['certificatesigningrequests/approval'], ['update']],
    ['certificates.k8s.io', ['signers'], ['sign']],
    ['admissionregistration.k8s.io', ['validatingwebhookconfigurations'], ['delete']],
    ['storage.k8s.io', ['*'], ['update']],
    ['policy.networking.k8s.io', ['clusternetworkpolicies'], ['*']],
    ['*', ['*'], ['get']],
  ];
  for (const grant of ofCluster) {
    t.equal(lines('ClusterRole', grant).length, 1, JSON.stringify(grant));
    t.same(lines('Role', grant), [], JSON.stringify(grant));
  }
  t.end();
});

test('ordinary rights are fine, wildcards over ordinary kinds too', (t) => {
  const ordinary: readonly Grant[] = [
    ['apps', ['*'], ['*']],
    ['', ['pods', 'pods/exec', 'secrets', 'configmaps'], ['*']],
    ['networking.k8s.io', ['networkpolicies'], ['create', 'update', 'delete']],
    ['', ['resourcequotas'], ['get', 'update']],
    [rbac, ['roles', 'rolebindings'], ['create', 'update']],
    ['', ['*'], ['get', 'list', 'watch']],
    ['', ['namespaces'], ['get']],
    ['shop.example.com', ['*'], ['*']],
    ['', ['serviceaccounts'], ['impersonat', 'impersonates']],
  ];
  for (const grant of ordinary) t.same(lines('Role', grant), [], JSON.stringify(grant));
  for (const partial of [{}, { apiGroups: [''] }, { apiGroups: [''], resources: ['namespaces'] }]) {
    t.same(linesOf(judge(rule, tweak(minimalRole(), 'rules', [partial]))), []);
  }
  t.same(linesOf(judge(rule, tweak(minimalRole(), 'rules', null))), []);
  t.end();
});

test('a ClusterRole of a tenant joins no other, and collects none', (t) => {
  const labelled = tweak(minimalRole('ClusterRole'), ['metadata', 'labels'], {
    'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
    app: 'web',
  });
  const collecting = { ...labelled, aggregationRule: { clusterRoleSelectors: [{}] } };
  t.same(linesOf(judge(rule, collecting, asAccount)), [
    'metadata.labels["rbac.authorization.k8s.io/aggregate-to-admin"]: adds these rules to a ClusterRole of the platform, for everybody who is bound to that one',
    'aggregationRule: {clusterRoleSelectors: [{}]} takes the rules of every ClusterRole that it selects, now and later',
  ]);
  t.same(linesOf(judge(rule, { ...minimalRole('ClusterRole'), aggregationRule: null }, asAccount)), []);
  const set = setOf(rule, { aggregationLabels: ['example.com/joins-'] });
  t.same(linesOf(judge(rule, labelled, { ...asAccount, set })), []);
  t.end();
});

test('every path of the API server is too much, named ones are not', (t) => {
  const paths = (nonResourceURLs: readonly string[]): readonly string[] =>
    linesOf(judge(rule, tweak(minimalRole('ClusterRole'), 'rules', [{ nonResourceURLs, verbs: ['get'] }]), asAccount));
  t.same(paths(['/version', '*']), [
    'rules[0].nonResourceURLs: ["*"] is every path of the API server, its logs and profiles too',
  ]);
  t.same(paths(['/version', '/healthz/*']), []);
  t.end();
});

test('the platform and the controllers write the roles they need; where nobody is named, a Role is judged', (t) => {
  const bad = roleOf('Role', ['*', ['*'], ['*']]);
  const principals: readonly Principal[] = [{ kind: 'platform' }, { kind: 'controller' }];
  for (const principal of principals) t.same(linesOf(judge(rule, bad, { principal })), []);
  t.equal(judge(rule, bad, { principal: { kind: 'unknown' } }).outcome, 'denied');
  const wide = roleOf('ClusterRole', ['*', ['*'], ['*']]);
  t.equal(judge(rule, wide, { principal: { kind: 'unknown' } }).outcome, 'allowed');
  t.equal(judge(rule, wide).outcome, 'denied', 'a person who is not the platform’s');
  t.end();
});

test('an old role stays, and its bad rules may go but not change', (t) => {
  const impersonate: Grant = ['', ['serviceaccounts'], ['impersonate']];
  const limited = { ...ruleOf(impersonate), resourceNames: ['web'] };
  const old = tweak(minimalRole(), 'rules', [limited]);
  const ordinary = ruleOf(['', ['pods'], ['get']]);
  t.match(judge(rule, tweak(minimalRole(), 'rules', [ordinary, limited]), { old }), {
    outcome: 'allowed',
    violations: [{ leniency: { kind: 'preexisting' } }],
  });
  t.equal(judge(rule, roleOf('Role', impersonate), { old }).outcome, 'denied', 'no longer for one account only');
  t.end();
});
