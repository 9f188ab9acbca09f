import t from 'tap';

import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/** What holds while one of the two sides is away. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, asAcme } = await createTenants(cluster, 'outage');

t.test('the API server stopped and back: readiness holds, caches converge', async (t) => {
  t.teardown(() => cluster.startApiServer());
  await cluster.stopApiServer();
  const detail = await waitFor(
    'readiness to tell that the API server is away',
    async () => {
      const { body } = await tenantgate.ready();
      return body.includes('cannot be followed') && body;
    },
    { timeoutMs: 20_000 },
  );
  t.match(detail, /"ready":true/, 'cached namespaces still decide');
  await cluster.startApiServer();
  const name = 'outage-acme-later';
  const namespace = {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'tenantgate.dev/tenant': 'acme' } },
  };
  expectSuccess(await cluster.apply([namespace]));
  await waitFor(
    'the cache to follow again',
    async () => {
      const { body } = await tenantgate.ready();
      return !body.includes('cannot be followed');
    },
    { timeoutMs: 10_000 },
  );
  const byName = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [name] }] };
  const toLater = networkPolicy(acmeDev, 'later', {
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ namespaceSelector: byName }] }],
  });
  expectSuccess(await cluster.apply([toLater], asAcme));
});

t.test('SIGTERM ends the server in order', async (t) => {
  t.equal(await tenantgate.stopProcess(), 0);
});

t.test('without a webhook, what it judges is refused and everything else works', async (t) => {
  const refused = await cluster.apply([pod(acmeDev, 'web')], asAcme);
  t.not(refused.code, 0);
  t.match(refused.stderr, /failed calling webhook "(mutate|validate)\.tenantgate\.dev"/);
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'free', namespace: acmeDev } };
  expectSuccess(await cluster.apply([configMap], asAcme));
  expectSuccess(await cluster.kubectl(['delete', 'configmap', 'free', '-n', acmeDev], asAcme));
});

t.test('without a webhook, the control plane is never blocked', async () => {
  const lease = {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'node-1', namespace: 'kube-node-lease' },
  };
  const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' } };
  const ofSystem = ['kube-system', 'tenantgate-system'].map((namespace) =>
    pod(namespace, 'system-pod', { hostNetwork: true }),
  );
  expectSuccess(await cluster.apply([lease, node, ...ofSystem]));
  expectSuccess(await cluster.kubectl(['delete', 'node', 'node-1']));
});
