import t from 'tap';

import { isDenied } from './assertions.ts';
import type { KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/**
 * What a tenant may grant, on a real API server. Kubernetes' own escalation check holds as well, so the tenant's service
 * account has every right in its namespaces, and across the cluster the right to bind: what is refused is refused by us.
 */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, acmeProd, globex, asAcme } = await createTenants(cluster, 'access');

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;
const deployer = { kind: 'ServiceAccount', name: 'deployer', namespace: acmeDev };

function binding(kind: 'RoleBinding' | 'ClusterRoleBinding', role: string, ...subjects: object[]): KubernetesObject {
  const place = kind === 'RoleBinding' ? { namespace: acmeDev } : {};
  return {
    apiVersion,
    kind,
    metadata: { name: `access-${role}`, ...place },
    roleRef: { apiGroup, kind: 'ClusterRole', name: role },
    subjects,
  };
}

function role(kind: 'Role' | 'ClusterRole', name: string, rule: object, labels = {}): KubernetesObject {
  const place = kind === 'Role' ? { namespace: acmeDev } : {};
  return { apiVersion, kind, metadata: { name, labels, ...place }, rules: [rule] };
}

const grants = { apiGroups: [apiGroup], resources: ['clusterroles', 'clusterrolebindings'] };
expectSuccess(
  await cluster.apply([
    role('ClusterRole', 'access-grants', {
      ...grants,
      verbs: ['create', 'update', 'patch', 'get', 'bind', 'escalate'],
    }),
    binding('ClusterRoleBinding', 'access-grants', deployer),
  ]),
);

t.test(
  'a tenant binds edit in its namespace, and neither cluster-admin there nor anything across the cluster',
  async (t) => {
    expectSuccess(await cluster.apply([binding('RoleBinding', 'edit', deployer)], asAcme));
    const rule = '[access/no-cluster-admin-binding]';
    isDenied(t, await cluster.apply([binding('RoleBinding', 'cluster-admin', deployer)], asAcme), 'roleRef.name', rule);
    isDenied(t, await cluster.apply([binding('ClusterRoleBinding', 'view', deployer)], asAcme), 'roleRef.name', rule);
  },
);

t.test('the platform’s own bindings pass, and a tenant can neither add a subject nor is in its way', async (t) => {
  expectSuccess(await cluster.apply([binding('ClusterRoleBinding', 'view', deployer)]));
  const path = ['rolebinding', 'deployer', '-n', acmeDev];
  expectSuccess(await cluster.kubectl(['label', ...path, 'team=web'], asAcme));
  const more = JSON.stringify({ subjects: [deployer, { ...deployer, name: 'default' }] });
  isDenied(
    t,
    await cluster.kubectl(['patch', ...path, '--type=merge', '-p', more], asAcme),
    '[access/no-cluster-admin-binding]',
  );
});

t.test('a tenant lets its own service accounts in, and nobody else', async (t) => {
  const rule = '[access/own-tenant-subjects]';
  const view = (...subjects: object[]): KubernetesObject => binding('RoleBinding', 'view', ...subjects);
  expectSuccess(await cluster.apply([view(deployer, { ...deployer, namespace: acmeProd })], asAcme));
  isDenied(
    t,
    await cluster.apply([view({ ...deployer, namespace: globex })], asAcme),
    'subjects[0].namespace',
    'belongs to tenant "globex"',
    rule,
  );
  for (const name of ['system:authenticated', 'system:unauthenticated', 'system:serviceaccounts']) {
    isDenied(t, await cluster.apply([view({ kind: 'Group', apiGroup, name })], asAcme), 'subjects[0].name', rule);
  }
  isDenied(t, await cluster.apply([view({ kind: 'User', apiGroup, name: 'jane' })], asAcme), 'subjects[0].name', rule);
});

t.test('a tenant writes roles of ordinary rights only, in its namespace and across the cluster', async (t) => {
  const rule = '[access/no-escalating-role]';
  const pods = { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] };
  expectSuccess(
    await cluster.apply([role('Role', 'reader', pods), role('ClusterRole', 'access-reader', pods)], asAcme),
  );
  const leading = [
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['impersonate'] },
    { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] },
    { apiGroups: [''], resources: ['*/status'], verbs: ['patch'] },
    { apiGroups: [apiGroup], resources: ['roles'], verbs: ['escalate'] },
    { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  ];
  for (const one of leading) {
    isDenied(t, await cluster.apply([role('Role', 'leading', one)], asAcme), 'rules[0]', rule);
    isDenied(t, await cluster.apply([role('ClusterRole', 'access-leading', one)], asAcme), 'rules[0]', rule);
  }
  const nodes = { apiGroups: [''], resources: ['nodes/proxy'], verbs: ['get'] };
  isDenied(t, await cluster.apply([role('ClusterRole', 'access-nodes', nodes)], asAcme), 'rules[0]', rule);
});

t.test(
  'a ClusterRole of a tenant cannot join admin; one of the platform does, with the help of its controller',
  async (t) => {
    const pods = { apiGroups: ['access.example.com'], resources: ['orders'], verbs: ['get'] };
    const label = { [`${apiGroup}/aggregate-to-admin`]: 'true' };
    isDenied(
      t,
      await cluster.apply([role('ClusterRole', 'access-joining', pods, label)], asAcme),
      'aggregate-to-admin',
      '[access/no-escalating-role]',
    );
    expectSuccess(await cluster.apply([role('ClusterRole', 'access-joining', pods, label)]));
  },
);
