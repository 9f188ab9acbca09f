import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { accountPrincipal, judge, linesOf, setOf, type Doing } from '../../../support/judge.ts';
import { minimalRoleBinding, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'access/own-tenant-subjects';
const account = (namespace?: string | null, name = 'web'): Manifest => ({ kind: 'ServiceAccount', name, namespace });
const group = (name: string): Manifest => ({ kind: 'Group', name });
const user = (name: string): Manifest => ({ kind: 'User', name });
const binding = (...subjects: readonly unknown[]): Manifest => tweak(minimalRoleBinding(), 'subjects', subjects);
const everywhere = (...subjects: readonly unknown[]): Manifest =>
  tweak(minimalRoleBinding('ClusterRoleBinding'), 'subjects', subjects);
const asAccount = { principal: accountPrincipal };
const lines = (...subjects: readonly unknown[]): readonly string[] =>
  linesOf(judge(rule, binding(...subjects), asAccount));

test('service accounts of the tenant’s namespaces are its own, whichever way they are named', (t) => {
  const own = [
    account(),
    account(null),
    account(''),
    account('acme-dev'),
    account('acme-prod'),
    group('system:serviceaccounts:acme-dev'),
    group('system:serviceaccounts:acme-prod'),
    user('system:serviceaccount:acme-prod:web'),
  ];
  t.same(lines(...own), []);
  t.same(linesOf(judge(rule, everywhere(account('acme-prod')), asAccount)), []);
  t.same(linesOf(judge(rule, tweak(minimalRoleBinding(), 'subjects', null), asAccount)), []);
  t.end();
});

test('those of others are not', (t) => {
  const foreign = 'service accounts of namespace "globex-dev", which belongs to tenant "globex", would be let in';
  t.same(lines(account('acme-dev'), account('globex-dev')), [`subjects[1].namespace: ${foreign}`]);
  t.same(lines(group('system:serviceaccounts:globex-dev')), [`subjects[0].name: ${foreign}`]);
  t.same(lines(user('system:serviceaccount:globex-dev:web')), [`subjects[0].name: ${foreign}`]);
  t.same(lines(account('default')), [
    'subjects[0].namespace: service accounts of namespace "default", which belongs to no tenant, would be let in',
  ]);
  t.same(lines(account('nowhere')), [
    'subjects[0].namespace: namespace "nowhere" does not exist; whoever creates it would be bound',
  ]);
  t.same(linesOf(judge(rule, everywhere(account('globex-dev')), asAccount)), [`subjects[0].namespace: ${foreign}`]);
  t.end();
});

test('groups that hold everybody, people and unknown kinds are refused', (t) => {
  t.same(
    lines(
      group('system:authenticated'),
      group('system:unauthenticated'),
      group('system:serviceaccounts'),
      user('system:anonymous'),
      group('developers'),
      user('jane'),
      { kind: 'Robot', name: 'r2' },
      {},
    ),
    [
      'subjects[0].name: "system:authenticated" is everybody who can log in, of all tenants',
      'subjects[1].name: "system:unauthenticated" is everybody who does not log in',
      'subjects[2].name: "system:serviceaccounts" is every service account of the cluster, of all tenants',
      'subjects[3].name: "system:anonymous" is everybody who does not log in',
      'subjects[4].name: group "developers" is not known to be the tenant’s',
      'subjects[5].name: user "jane" is not known to be the tenant’s',
      'subjects[6].kind: "Robot" is no kind of subject',
      'subjects[7].kind: "" is no kind of subject',
    ],
  );
  t.same(lines(user('system:kube-controller-manager'), { kind: 'Group' }), [
    'subjects[0].name: user "system:kube-controller-manager" is not known to be the tenant’s',
    'subjects[1].name: group "" is not known to be the tenant’s',
  ]);
  t.end();
});

test('the platform is in already', (t) => {
  const set = setOf(
    rule,
    {},
    {
      platform: {
        namespaces: ['flux-system'],
        groups: ['operators'],
        users: ['root'],
        serviceAccounts: [{ namespace: 'tools', name: 'backup' }],
      },
    },
  );
  const subjects = [
    account('flux-system'),
    account('tools', 'backup'),
    group('operators'),
    group('system:serviceaccounts:flux-system'),
    user('root'),
    user('system:serviceaccount:tools:backup'),
  ];
  t.same(linesOf(judge(rule, binding(...subjects), { ...asAccount, set })), []);
  t.equal(judge(rule, binding(account('tools', 'other')), { ...asAccount, set }).outcome, 'denied');
  t.end();
});

test('the operator approves subjects, each for its tenants', (t) => {
  const allowedSubjects = [
    { kind: 'Group', name: 'acme-developers', tenants: ['acme'] },
    { kind: 'Group', name: 'globex-developers', tenants: ['globex'] },
    { kind: 'User', name: 'auditor' },
    { kind: 'ServiceAccount', name: 'scraper', namespace: 'monitoring' },
    { kind: 'ServiceAccount', name: 'homeless' },
  ];
  const doing: Doing = { ...asAccount, set: setOf(rule, { allowedSubjects }) };
  const good = binding(group('acme-developers'), user('auditor'), account('monitoring', 'scraper'));
  t.same(linesOf(judge(rule, good, doing)), []);
  t.same(linesOf(judge(rule, binding(group('globex-developers'), user('scraper'), account('monitoring')), doing)), [
    'subjects[0].name: group "globex-developers" is not known to be the tenant’s',
    'subjects[1].name: user "scraper" is not known to be the tenant’s',
    'subjects[2].namespace: namespace "monitoring" does not exist; whoever creates it would be bound',
  ]);
  t.equal(
    judge(rule, everywhere(group('acme-developers')), { ...doing, principal: { kind: 'unknown' } }).outcome,
    'allowed',
  );
  t.equal(judge(rule, tweak(good, 'metadata.namespace', 'default'), doing).outcome, 'denied');
  t.end();
});

test('the platform binds whom it likes', (t) => {
  t.same(linesOf(judge(rule, binding(account('globex-dev')), { principal: { kind: 'platform' } })), []);
  t.same(linesOf(judge(rule, everywhere(group('system:authenticated')), { principal: { kind: 'controller' } })), []);
  t.equal(judge(rule, binding(account('globex-dev')), { principal: { kind: 'unknown' } }).outcome, 'denied');
  t.end();
});

test('across the cluster the author’s tenant counts, and a person has none', (t) => {
  t.same(linesOf(judge(rule, everywhere(account('acme-dev')))), [
    'subjects[0].namespace: service accounts of namespace "acme-dev", which belongs to tenant "acme", would be let in',
  ]);
  const gone = { ...asAccount, world: { namespaces: { ...twoTenants, 'acme-dev': undefined } } };
  const decision = judge(rule, everywhere(account('acme-prod')), gone);
  t.match(decision, { outcome: 'undecided', admitted: false });
  t.strictSame(decision.missingFacts[0], { fact: 'namespace', namespace: 'acme-dev' });
  const without = Object.fromEntries(Object.entries(twoTenants).filter(([name]) => name !== 'acme-dev'));
  t.equal(
    judge(rule, everywhere(account('acme-prod')), { ...asAccount, world: { namespaces: without } }).outcome,
    'denied',
  );
  t.end();
});

test('what cannot be looked up is undecided, what is foreign to everybody is denied', (t) => {
  const ownUnknown: Doing = { ...asAccount, world: { namespaces: { ...twoTenants, 'acme-dev': undefined } } };
  t.equal(judge(rule, binding(account('acme-prod')), ownUnknown).outcome, 'undecided');
  t.equal(judge(rule, binding(account('default')), ownUnknown).outcome, 'denied');
  t.equal(judge(rule, binding(account('acme-dev')), ownUnknown).outcome, 'allowed');
  const otherUnknown: Doing = { ...asAccount, world: { namespaces: { ...twoTenants, 'acme-prod': undefined } } };
  t.equal(judge(rule, binding(account('acme-prod')), otherUnknown).outcome, 'undecided');
  t.end();
});

test('an old subject stays, a new one does not come', (t) => {
  const old = binding(account('globex-dev'));
  t.equal(judge(rule, binding(account('acme-dev'), account('globex-dev')), { ...asAccount, old }).outcome, 'allowed');
  t.equal(judge(rule, binding(account('globex-dev'), account('globex-prod')), { ...asAccount, old }).outcome, 'denied');
  t.end();
});
