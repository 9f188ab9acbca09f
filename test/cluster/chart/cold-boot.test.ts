import t from 'tap';

import { base64 } from '../credentials.ts';
import { type KubernetesObject } from '../cluster.ts';
import { helmFor } from '../helm.ts';
import { expectSuccess } from '../kubectl.ts';
import { pod, workloads } from '../manifests.ts';
import { requireAddons } from '../require-addons.ts';
import { connectControlPlane } from '../session.ts';
import { waitFor } from '../wait-for.ts';
import { chartFolder, renderChart } from './rendered-chart.ts';

/**
 * A cluster that starts from nothing: the fail-closed registration is there, and no server of ours, no cert-manager, no network
 * plugin and no DNS runs. Everything that must come up first is replayed on the real API server.
 */
const cluster = await connectControlPlane();
const helm = helmFor(cluster, requireAddons(t, cluster));
const own = 'tenantgate-system';
const tenant = 'cold-boot-tenant';

const namespaces = [own, 'cert-manager', 'flux-system', tenant].map((name): KubernetesObject => {
  const labels = name === tenant ? { labels: { 'tenantgate.dev/tenant': 'acme' } } : {};
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...labels } };
});
expectSuccess(await cluster.apply(namespaces, { serverSide: true }));
const values = [
  'mode=enforce',
  'webhooks.hooks=false',
  'certificates.mode=secret',
  'certificates.secret.name=gone',
  `certificates.secret.caBundle=${base64(cluster.ca.certificatePem)}`,
];
const rendered = await renderChart(helm, values);
t.teardown(async () => {
  const sets = values.map((value) => `--set=${value}`);
  const text = await helm(['template', 'tenantgate', chartFolder, `--namespace=${own}`, ...sets]);
  expectSuccess(await cluster.kubectl(['delete', '--ignore-not-found', '--filename=-'], { stdin: text.stdout }));
});

t.test('everything that the chart makes can be applied again while nothing of it runs', async (t) => {
  expectSuccess(await cluster.apply(rendered, { serverSide: true }));
  await waitFor(
    'the API server to use the registration',
    async () => (await cluster.apply([pod(tenant, 'probe')], { dryRun: true })).code !== 0,
    { timeoutMs: 20_000 },
  );
  const again = await cluster.apply(rendered, { serverSide: true });
  t.equal(again.code, 0, again.stderr);
});

t.test('what tenants do is refused meanwhile: closed, not open', async (t) => {
  const { code, stderr } = await cluster.apply([pod(tenant, 'web')], { dryRun: true });
  t.not(code, 0);
  t.match(stderr, /failed calling webhook "(mutate|validate)\.tenantgate\.dev"/);
});

const lease = (namespace: string, name: string): KubernetesObject => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name, namespace },
  spec: { holderIdentity: name },
});

/** A workload of each kind and its pod, as a network plugin or DNS has them. */
const systemPods = ['kube-system', 'cert-manager', 'flux-system'].flatMap((namespace) => [
  pod(namespace, 'cold-boot', { hostNetwork: true }),
  ...workloads(namespace, { hostNetwork: true }).map(({ object }) => object),
]);

const review = {
  token: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token: 'x' } },
  access: {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    metadata: {},
    spec: { user: 'jane', resourceAttributes: { verb: 'get', resource: 'pods' } },
  },
} as const;

t.test('nodes, leases, the network plugin, DNS, cert-manager and Flux come up', async (t) => {
  const node: KubernetesObject = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'cold-boot' } };
  const objects = [
    node,
    lease('kube-node-lease', 'cold-boot'),
    lease('kube-system', 'kube-scheduler'),
    lease(own, 'leader'),
    lease(tenant, 'leader'),
    ...systemPods,
  ];
  for (const object of objects) {
    const { code, stderr } = await cluster.apply([object], { dryRun: true });
    t.equal(code, 0, `${object.kind} ${object.metadata.namespace ?? ''}/${object.metadata.name ?? ''} ${stderr}`);
  }
  for (const object of [review.token, review.access]) {
    const sent = await cluster.kubectl(['create', '--filename=-'], { stdin: JSON.stringify(object) });
    t.equal(sent.code, 0, `${object.kind} ${sent.stderr}`);
  }
});

t.test('the status of pods and nodes, events, and objects of no rule are never held up', async (t) => {
  const named = { namespace: tenant, name: 'cold-boot' };
  const objects: readonly KubernetesObject[] = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: named },
    { apiVersion: 'v1', kind: 'Secret', metadata: named },
    { apiVersion: 'v1', kind: 'Event', metadata: named, involvedObject: { kind: 'Pod', namespace: tenant, name: 'x' } },
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: named },
  ];
  for (const object of objects) {
    const { code, stderr } = await cluster.apply([object], { dryRun: true });
    t.equal(code, 0, `${object.kind} ${stderr}`);
  }
});

t.test('our own pods are admitted, with our own namespace and its objects', async (t) => {
  const deployment = rendered.find(({ kind }) => kind === 'Deployment');
  const { template } = deployment?.['spec'] as { readonly template: { readonly spec: object } };
  const ours: KubernetesObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'tenantgate-0', namespace: own },
    spec: template.spec,
  };
  const { code, stderr } = await cluster.apply([ours], { dryRun: true });
  t.equal(code, 0, stderr);
  for (const name of [own, 'kube-system', 'cert-manager']) {
    const patch = ['label', 'namespace', name, 'cold-boot=seen', '--overwrite', '--dry-run=server'];
    t.equal((await cluster.kubectl(patch)).code, 0, `Namespace ${name} can be changed`);
  }
});

t.test('the platform can install what has roles in the cluster, and a tenant can not', async (t) => {
  const role: KubernetesObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'cold-boot' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
  };
  const asPlatform = { as: 'ops', asGroups: ['system:masters'] };
  const asController = {
    as: 'system:serviceaccount:flux-system:kustomize-controller',
    asGroups: ['system:masters', 'system:serviceaccounts', 'system:serviceaccounts:flux-system'],
  };
  for (const user of [asPlatform, asController]) {
    const { code, stderr } = await cluster.apply([role], { ...user, dryRun: true });
    t.equal(code, 0, stderr);
  }
  const binding: KubernetesObject = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'cold-boot-tenant' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  };
  expectSuccess(await cluster.apply([binding]));
  t.teardown(() => cluster.kubectl(['delete', 'clusterrolebinding', 'cold-boot-tenant']));
  const refused = await cluster.apply([role], { as: 'jane', dryRun: true });
  t.not(refused.code, 0);
  t.match(refused.stderr, 'failed calling webhook "cluster.validate.tenantgate.dev"');
});

t.test('the command of the guide frees the cluster', async (t) => {
  const configurations = 'validatingwebhookconfiguration,mutatingwebhookconfiguration';
  expectSuccess(await cluster.kubectl(['delete', configurations, 'tenantgate']));
  const served = await waitFor(
    'the tenant to be served again',
    async () => (await cluster.apply([pod(tenant, 'web')], { dryRun: true })).code === 0,
    { timeoutMs: 20_000 },
  );
  t.equal(served, true);
});
