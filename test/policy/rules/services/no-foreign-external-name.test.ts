import { test } from 'tap';

import { twoTenants } from '../../../support/facts.ts';
import { judge, linesOf, setOf } from '../../../support/judge.ts';
import { minimalService, tweak, type Manifest } from '../../../support/minimal-objects.ts';

const rule = 'services/no-foreign-external-name';
const to = (externalName: unknown): Manifest => tweak(minimalService(), 'spec', { type: 'ExternalName', externalName });

/** Names, and what is wrong with them. */
const foreign: readonly (readonly [string, string])[] = [
  ['api.globex-dev.svc.cluster.local', 'leads to namespace "globex-dev", which belongs to tenant "globex"'],
  ['API.Globex-Dev.SVC.Cluster.Local.', 'leads to namespace "globex-dev", which belongs to tenant "globex"'],
  ['api.globex-dev.svc.clusterset.local', 'leads to namespace "globex-dev", which belongs to tenant "globex"'],
  ['web-0.api.globex-dev.svc.cluster.local', 'leads to namespace "globex-dev", which belongs to tenant "globex"'],
  ['10-0-0-1.globex-dev.pod.cluster.local', 'leads to namespace "globex-dev", which belongs to tenant "globex"'],
  ['api.globex-dev.svc', 'leads to namespace "globex-dev", which belongs to tenant "globex"'],
  [
    'api.globex-dev',
    'is a Service in namespace "globex-dev" for whoever follows it from a pod, and that belongs to tenant "globex"',
  ],
  [
    'web-0.api.globex-dev',
    'is a Service in namespace "globex-dev" for whoever follows it from a pod, and that belongs to tenant "globex"',
  ],
  ['kubernetes.default.svc.cluster.local', 'leads to namespace "default", which belongs to no tenant'],
  ['dns.kube-system.svc.cluster.local', 'leads to namespace "kube-system", which belongs to the platform'],
  [
    'api.nowhere.svc.cluster.local',
    'leads to namespace "nowhere", which does not exist; whoever creates it would be meant',
  ],
  ['cluster.local', 'is a name of the cluster that is no Service’s'],
  ['svc.cluster.local', 'is a name of the cluster that is no Service’s'],
  ['api.cluster.local', 'is a name of the cluster that is no Service’s'],
  ['kubernetes', 'is a Service in the namespace of whoever follows it'],
  ['metadata.google.internal', 'is "metadata.google.internal" or below it, which no Service may lead to'],
  ['v1.Metadata.goog', 'is "metadata.goog" or below it, which no Service may lead to'],
  ['x.localhost', 'is "localhost" or below it, which no Service may lead to'],
  ['169.254.169.254', 'is a forbidden address'],
  ['127.0.0.1', 'is a forbidden address'],
  ['10.0.0.1', 'is an address of the cluster’s pod range'],
  ['192.168.1.1', 'is an address of the cluster’s node range'],
  ['0xa9fea9fe', 'is an address in a notation that programs read differently'],
  ['2852039166', 'is an address in a notation that programs read differently'],
  ['169.254.43518', 'is an address in a notation that programs read differently'],
  ['0251.0376.0251.0376', 'is an address in a notation that programs read differently'],
];

for (const [name, problem] of foreign) {
  test(`${name} is refused`, (t) => {
    t.same(linesOf(judge(rule, to(name))), [`spec.externalName: ${JSON.stringify(name)} ${problem}`]);
    t.end();
  });
}

const fine = [
  'db.example.com',
  'db.example.com.',
  'a.b.c.globex-dev',
  'api.acme-dev.svc.cluster.local',
  'api.acme-prod.svc.cluster.local.',
  'api.acme-prod.svc',
  'api.acme-dev',
  'notcluster.local.example.com',
  'mycluster.local',
  'metadata.google.internal.example.com',
  '8.8.8.8',
  '',
];

for (const name of fine) {
  test(`${name || 'no name'} is fine`, (t) => {
    t.same(linesOf(judge(rule, to(name))), []);
    t.end();
  });
}

test('only ExternalName Services have such a name', (t) => {
  t.same(linesOf(judge(rule, tweak(to('169.254.169.254'), 'spec.type', 'ClusterIP'))), []);
  t.same(linesOf(judge(rule, to(null))), []);
  t.same(linesOf(judge(rule, tweak(minimalService(), 'spec', null))), []);
  t.end();
});

test('the operator names the domains, what is forbidden, and what is fine', (t) => {
  const set = setOf(rule, {
    clusterDomains: ['Corp.example.'],
    forbiddenNames: ['vault.example.com'],
    allowedNames: ['DB.shared.svc.corp.example.'],
  });
  const lines = (name: string): readonly string[] => linesOf(judge(rule, to(name), { set }));
  t.equal(lines('api.globex-dev.svc.corp.example').length, 1);
  t.equal(lines('vault.example.com').length, 1);
  t.same(lines('db.shared.svc.corp.example'), []);
  t.same(lines('metadata.goog'), []);
  t.end();
});

test('a namespace that cannot be looked up leaves it undecided', (t) => {
  const world = { namespaces: { ...twoTenants, 'acme-prod': undefined } };
  t.equal(judge(rule, to('api.acme-prod.svc.cluster.local'), { world }).outcome, 'undecided');
  t.equal(judge(rule, to('api.globex-dev.svc.cluster.local'), { world }).outcome, 'denied');
  const homeless = { namespaces: { ...twoTenants, 'acme-dev': undefined } };
  t.equal(judge(rule, to('api.globex-dev.svc.cluster.local'), { world: homeless }).outcome, 'undecided');
  t.equal(judge(rule, to('api.default.svc.cluster.local'), { world: homeless }).outcome, 'denied');
  t.end();
});
