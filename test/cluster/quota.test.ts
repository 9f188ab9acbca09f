import t from 'tap';

import { isDenied } from './assertions.ts';
import type { KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/** A tenant with every right in its namespaces cannot lift what bounds it, on a real API server with its quota controller. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, acmeProd, asAcme } = await createTenants(cluster, 'quota');

const rule = '[quota/quota-kept]';

function quota(hard: object, metadata: object = {}): KubernetesObject {
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'bound', namespace: acmeDev, ...metadata },
    spec: { hard },
  };
}

function limitRange(item: object): KubernetesObject {
  const spec = { limits: [{ type: 'Container', ...item }] };
  return { apiVersion: 'v1', kind: 'LimitRange', metadata: { name: 'bound', namespace: acmeDev }, spec };
}

const hard = { pods: '10', 'limits.memory': '9007199254740992' };
expectSuccess(
  await cluster.apply([quota(hard), limitRange({ max: { memory: '1Gi' }, default: { cpu: '500m', memory: '1Gi' } })]),
);

t.test('a quota is kept: not raised by one, nor over 2^53, nor without a resource, nor deleted', async (t) => {
  const worse = [
    { ...hard, pods: '11' },
    { ...hard, 'limits.memory': '9007199254740993' },
  ];
  for (const one of worse) isDenied(t, await cluster.apply([quota(one)], asAcme), 'raises ', rule);
  const path = ['resourcequota', 'bound', '-n', acmeDev];
  const without = JSON.stringify({ spec: { hard: { pods: null } } });
  isDenied(t, await cluster.kubectl(['patch', ...path, '--type=merge', '-p', without], asAcme), 'takes away', rule);
  isDenied(t, await cluster.kubectl(['delete', ...path], asAcme), 'metadata.name', rule);
  isDenied(
    t,
    await cluster.kubectl(['delete', 'resourcequotas', '--all', '-n', acmeDev], asAcme),
    'metadata.name',
    rule,
  );
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: '7d5a5b7e-0000-4000-8000-000000000000' };
  const owned = JSON.stringify({ metadata: { ownerReferences: [owner] } });
  isDenied(t, await cluster.kubectl(['patch', ...path, '--type=merge', '-p', owned], asAcme), 'ownerReferences', rule);
});

t.test('the same quota in other words, and a tighter one, are the tenant’s to write', async () => {
  expectSuccess(await cluster.apply([quota({ ...hard, pods: '1e1' })], asAcme));
  expectSuccess(await cluster.apply([quota({ ...hard, pods: '9', secrets: '50' })], asAcme));
});

t.test('the quota controller counts, and the tenant does not', async (t) => {
  const counted = await waitFor(
    'the quota to be counted',
    async () => {
      const path = ['get', 'resourcequota', 'bound', '-n', acmeDev, '-o', 'jsonpath={.status.hard.pods}'];
      const { stdout } = await cluster.kubectl(path);
      return stdout === '9' && stdout;
    },
    { timeoutMs: 30_000 },
  );
  t.equal(counted, '9');
  const status = JSON.stringify({ status: { hard: { pods: '9000' } } });
  const patch = [
    'patch',
    'resourcequota',
    'bound',
    '-n',
    acmeDev,
    '--subresource=status',
    '--type=merge',
    '-p',
    status,
  ];
  isDenied(t, await cluster.kubectl(patch, asAcme), 'status: ', rule);
});

t.test('a LimitRange keeps its maxima', async (t) => {
  const path = ['limitrange', 'bound', '-n', acmeDev];
  isDenied(
    t,
    await cluster.apply([limitRange({ max: { memory: '1025Mi' }, default: { cpu: '1', memory: '1Gi' } })], asAcme),
    'raises ',
    rule,
  );
  isDenied(t, await cluster.kubectl(['delete', ...path], asAcme), 'metadata.name', rule);
  expectSuccess(
    await cluster.apply([limitRange({ max: { memory: '1024Mi' }, default: { cpu: '1', memory: '512Mi' } })], asAcme),
  );
});

t.test('the first workload in a namespace without quota and limits is told of, and admitted', async (t) => {
  const [bare, bounded] = [acmeProd, acmeDev].map((namespace) => workloads(namespace, {})[0]!.object);
  const warned = await cluster.apply([bare!], { ...asAcme, dryRun: true });
  expectSuccess(warned);
  t.match(warned.stderr, /Warning: .*has no ResourceQuota.*\[quota\/quota-present\]/);
  t.match(warned.stderr, /Warning: .*no LimitRange of namespace .*\[quota\/limit-range-present\]/);
  const silent = await cluster.apply([bounded!], { ...asAcme, dryRun: true });
  expectSuccess(silent);
  t.notMatch(silent.stderr, /quota\//);
});

t.test('a namespace with a quota can be deleted, and the platform may raise it', async (t) => {
  expectSuccess(await cluster.apply([quota({ ...hard, pods: '100' })]));
  expectSuccess(await cluster.kubectl(['delete', 'namespace', acmeDev, '--timeout=60s']));
  t.match((await cluster.kubectl(['get', 'namespace', acmeDev])).stderr, /NotFound/);
});
