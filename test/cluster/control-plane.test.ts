import t from 'tap';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { waitFor } from './wait-for.ts';

const cluster = await connectControlPlane();
const namespace = 'harness';

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace },
  spec: {
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'registry.example/web:1' }] },
    },
  },
};

interface PodList {
  readonly items: readonly { readonly metadata: { readonly ownerReferences: readonly { readonly kind: string }[] } }[];
}

t.before(async () => {
  expectSuccess(await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]));
});

t.test('kubectl and the API server are of the version that was asked for', async (t) => {
  const answer = JSON.parse(expectSuccess(await cluster.kubectl(['version', '--output=json']))) as unknown;
  t.match(answer, {
    clientVersion: { gitVersion: cluster.kubernetesVersion },
    serverVersion: { gitVersion: cluster.kubernetesVersion },
  });
});

t.test('RBAC holds for an impersonated tenant', async (t) => {
  const tenant = { as: 'alice', asGroups: ['acme'] };
  const refused = await cluster.kubectl(['get', 'pods', `--namespace=${namespace}`], tenant);
  t.equal(refused.code, 1);
  t.match(refused.stderr, 'pods is forbidden: User "alice" cannot list resource "pods"');

  const binding = ['create', 'rolebinding', 'acme', `--namespace=${namespace}`, '--clusterrole=edit', '--group=acme'];
  expectSuccess(await cluster.kubectl(binding));
  const admitted = await waitFor(
    'the new RoleBinding to take effect',
    async () => {
      const outcome = await cluster.kubectl(['get', 'pods', `--namespace=${namespace}`], tenant);
      return outcome.code === 0 && outcome;
    },
    { timeoutMs: 10_000 },
  );
  t.match(admitted.stderr, 'No resources found');
});

t.test('the controllers make a Pod of a Deployment', async (t) => {
  expectSuccess(await cluster.apply([deployment]));
  const get = ['get', 'pods', `--namespace=${namespace}`, '--selector=app=web', '--output=json'];
  const pod = await waitFor(
    'the Pod of the Deployment',
    async () => (JSON.parse(expectSuccess(await cluster.kubectl(get))) as PodList).items[0],
    { timeoutMs: 20_000 },
  );
  t.equal(pod.metadata.ownerReferences[0]?.kind, 'ReplicaSet');

  const event = await cluster.waitForAuditEvent(
    'the creation of the Pod',
    ({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'pods' && objectRef.namespace === namespace,
  );
  t.equal(event.user.username, 'system:serviceaccount:kube-system:replicaset-controller');
});

t.test('the audit log holds a request with its impersonated user and its answer', async (t) => {
  const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'audited', namespace } };
  const outcome = await cluster.apply([configMap], { as: 'mallory' });
  t.equal(outcome.code, 1);
  const event = await cluster.waitForAuditEvent(
    'the refused request',
    ({ impersonatedUser }) => impersonatedUser?.username === 'mallory',
  );
  t.match(event, { user: { username: 'admin' }, responseStatus: { code: 403 } });
});

t.test('the API server comes back with its data after it was stopped', async (t) => {
  t.teardown(() => cluster.startApiServer());
  const before = await cluster.pids();
  await cluster.stopApiServer();
  const unreachable = await cluster.kubectl(['get', 'namespaces', '--request-timeout=5s']);
  t.not(unreachable.code, 0);
  t.match(unreachable.stderr, 'was refused');

  await cluster.startApiServer();
  const found = await cluster.kubectl(['get', 'deployment', 'web', `--namespace=${namespace}`, '--output=name']);
  t.equal(expectSuccess(found).trim(), 'deployment.apps/web');
  const after = await cluster.pids();
  t.not(after['kube-apiserver'], before['kube-apiserver']);
  t.equal(after['etcd'], before['etcd']);
});

t.test('the controllers empty a deleted namespace, also after the API server was away', async (t) => {
  const outcome = await cluster.kubectl(['delete', 'namespace', namespace, '--wait', '--timeout=60s'], {
    timeoutMs: 70_000,
  });
  t.equal(outcome.code, 0, outcome.stderr);
});
