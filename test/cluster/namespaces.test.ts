import t from 'tap';

import { type KubernetesObject } from './cluster.ts';
import { expectSuccess, type KubectlOutcome } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/** A RoleBinding to cluster-admin lets a tenant update its Namespace object. The boundary holds all the same. */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, asAcme } = await createTenants(cluster, 'namespaces');

const tenantLabel = 'tenantgate.dev/tenant';
const path = `/api/v1/namespaces/${acmeDev}`;

async function tenantOf(name: string): Promise<string> {
  const jsonpath = `jsonpath={.metadata.labels['tenantgate\\.dev/tenant']}`;
  return expectSuccess(await cluster.kubectl(['get', 'namespace', name, '-o', jsonpath]));
}

async function stored(): Promise<KubernetesObject> {
  return JSON.parse(expectSuccess(await cluster.kubectl(['get', '--raw', path]))) as KubernetesObject;
}

/** The namespace as it is, with other labels. */
async function relabelled(labels: Readonly<Record<string, string | undefined>>): Promise<KubernetesObject> {
  const namespace = await stored();
  const merged = Object.entries({ ...namespace.metadata.labels, ...labels });
  const kept = merged.filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...namespace, metadata: { ...namespace.metadata, labels: Object.fromEntries(kept) } };
}

function isRefused(
  t: Pick<Tap, 'not' | 'match'>,
  outcome: KubectlOutcome,
  rule = 'namespaces/tenant-label-fixed',
): void {
  t.not(outcome.code, 0, outcome.stdout);
  t.match(outcome.stderr, 'namespaces.validate.tenantgate.dev');
  t.match(outcome.stderr, rule);
}
type Tap = typeof t;

const changes = [
  ['moved into another tenant', { [tenantLabel]: 'globex' }],
  ['removed', { [tenantLabel]: undefined }],
  ['emptied', { [tenantLabel]: '' }],
] as const;

for (const [how, labels] of changes) {
  t.test(`the tenant label cannot be ${how}, on whichever way`, async (t) => {
    const object = await relabelled(labels);
    const text = JSON.stringify(object);
    const merge = JSON.stringify({ metadata: { labels: { [tenantLabel]: labels[tenantLabel] ?? null } } });
    const patch = ['patch', 'namespace', acmeDev, '--type=merge', '-p', merge];
    isRefused(t, await cluster.kubectl(patch, asAcme));
    isRefused(t, await cluster.kubectl([...patch, '--subresource=status'], asAcme));
    isRefused(t, await cluster.kubectl(['replace', '-f', '-'], { ...asAcme, stdin: text }));
    isRefused(t, await cluster.kubectl(['replace', '--raw', path, '-f', '-'], { ...asAcme, stdin: text }));
    isRefused(t, await cluster.kubectl(['replace', '--raw', `${path}/status`, '-f', '-'], { ...asAcme, stdin: text }));
    isRefused(
      t,
      await cluster.kubectl(['replace', '--raw', `${path}/finalize`, '-f', '-'], { ...asAcme, stdin: text }),
    );
    const label = labels[tenantLabel] === undefined ? `${tenantLabel}-` : `${tenantLabel}=${labels[tenantLabel]}`;
    isRefused(t, await cluster.kubectl(['label', '--overwrite', 'namespace', acmeDev, label], asAcme));
    if (labels[tenantLabel] !== undefined) {
      const whole = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: acmeDev, labels } };
      isRefused(t, await cluster.apply([whole], asAcme));
      isRefused(t, await cluster.apply([whole], { ...asAcme, serverSide: true, args: ['--force-conflicts'] }));
    }
    t.equal(await tenantOf(acmeDev), 'acme');
  });
}

t.test('labels of its own the tenant may change', async () => {
  expectSuccess(await cluster.kubectl(['label', 'namespace', acmeDev, 'env=staging'], asAcme));
});

t.test('a reserved label is the platform’s', async (t) => {
  const label = ['label', '--overwrite', 'namespace', acmeDev, 'tenantgate.dev/zone=trusted'];
  isRefused(t, await cluster.kubectl(label, asAcme), 'namespaces/reserved-labels');
  expectSuccess(await cluster.kubectl(label));
});

t.test(
  'a namespace without a tenant is refused, even to the platform; with one it gets Pod Security labels',
  async (t) => {
    const name = 'namespaces-acme-new';
    const bare = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
    isRefused(t, await cluster.apply([bare]), 'namespaces/tenant-label-required');
    const labels = { [tenantLabel]: 'acme', 'pod-security.kubernetes.io/enforce': 'restricted' };
    expectSuccess(await cluster.apply([{ ...bare, metadata: { name, labels } }]));
    const now = expectSuccess(await cluster.kubectl(['get', 'namespace', name, '-o', 'jsonpath={.metadata.labels}']));
    t.match(JSON.parse(now), {
      'pod-security.kubernetes.io/enforce': 'restricted',
      'pod-security.kubernetes.io/warn': 'restricted',
      'pod-security.kubernetes.io/audit': 'restricted',
    });
  },
);

const level = 'pod-security.kubernetes.io/enforce';

t.test('a tenant raises the Pod Security level, and does not lower it again on whichever way', async (t) => {
  const rule = 'namespaces/pod-security-level';
  const raise = ['label', '--overwrite', 'namespace', acmeDev, `${level}=restricted`];
  expectSuccess(await cluster.kubectl(raise, asAcme));
  for (const [label, message] of [
    [`${level}=baseline`, 'is lowered from "restricted" to "baseline" by a tenant'],
    [`${level}=privileged`, '"privileged" is below "baseline"'],
    // The default puts the label back, at its own level.
    [`${level}-`, 'is lowered from "restricted" to "baseline" by a tenant'],
    [`${level}-version=v1.20`, 'is set back from the latest to "v1.20" by a tenant'],
  ] as const) {
    const outcome = await cluster.kubectl(['label', '--overwrite', 'namespace', acmeDev, label], asAcme);
    isRefused(t, outcome, rule);
    t.match(outcome.stderr, message);
  }
  // Pod Security itself looks neither at these subresources nor at their values.
  for (const part of ['status', 'finalize']) {
    for (const value of ['strict', 'baseline', undefined]) {
      const text = JSON.stringify(await relabelled({ [level]: value }));
      const replace = ['replace', '--raw', `${path}/${part}`, '-f', '-'];
      isRefused(t, await cluster.kubectl(replace, { ...asAcme, stdin: text }), rule);
    }
  }
  t.equal((await stored()).metadata.labels?.[level], 'restricted');
});

t.test('the platform may make a namespace without labels but the tenant’s, and lower its level', async (t) => {
  const name = 'namespaces-acme-plain';
  expectSuccess(
    await cluster.apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { [tenantLabel]: 'acme' } } },
    ]),
  );
  const jsonpath = `jsonpath={.metadata.labels['pod-security\\.kubernetes\\.io/enforce']}`;
  t.equal(expectSuccess(await cluster.kubectl(['get', 'namespace', name, '-o', jsonpath])), 'baseline');
  expectSuccess(await cluster.kubectl(['label', '--overwrite', 'namespace', name, `${level}=privileged`]));
});

t.test('the platform may move a namespace', async (t) => {
  expectSuccess(
    await cluster.kubectl(['label', '--overwrite', 'namespace', 'namespaces-globex', `${tenantLabel}=acme`]),
  );
  t.equal(await tenantOf('namespaces-globex'), 'acme');
});
