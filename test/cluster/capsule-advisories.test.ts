import t, { type Test } from 'tap';

import { connectApiClient, type ApiAnswer } from './api-client.ts';
import { isDenied } from './assertions.ts';
import type { KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { createTenants, namespaceOf } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';

/**
 * What was found in Capsule, another engine for tenants, tried on this one: each by its id, on every way that a Namespace can
 * be written, by a tenant whose roles reach as far as they can. https://github.com/projectcapsule/capsule/security/advisories
 */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, globex, asAcme } = await createTenants(cluster, 'capsule');
const client = await connectApiClient(cluster, 4);
t.teardown(() => {
  client.close();
});

const apiGroup = 'rbac.authorization.k8s.io';
const tenantLabel = 'tenantgate.dev/tenant';
const level = 'pod-security.kubernetes.io/enforce';
const installer = {
  as: 'system:serviceaccount:kube-system:installer',
  asGroups: ['system:serviceaccounts', 'system:serviceaccounts:kube-system', 'system:authenticated'],
};

/** RBAC allows everything with Namespaces, to the tenants and to an account of kube-system: what is refused is refused here. */
const subjects = [
  { kind: 'ServiceAccount', name: 'deployer', namespace: acmeDev },
  { kind: 'ServiceAccount', name: 'deployer', namespace: globex },
  { kind: 'ServiceAccount', name: 'installer', namespace: 'kube-system' },
];
expectSuccess(
  await cluster.apply([
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRole',
      metadata: { name: 'capsule-namespaces' },
      rules: [
        {
          apiGroups: [''],
          resources: ['namespaces', 'namespaces/status', 'namespaces/finalize'],
          verbs: ['create', 'get', 'update', 'patch', 'delete'],
        },
        { apiGroups: [apiGroup], resources: ['clusterroles', 'clusterrolebindings'], verbs: ['*'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'capsule-namespaces' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'capsule-namespaces' },
      subjects,
    },
  ]),
);

/** Metadata that a request changes; null takes a label away. */
interface Change {
  readonly labels?: Readonly<Record<string, string | null>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly object[];
}

type Asserts = Pick<Test, 'equal' | 'match' | 'ok' | 'same'>;

const pathOf = (name: string): string => `/api/v1/namespaces/${name}`;

async function stored(name: string): Promise<KubernetesObject> {
  const { status, body } = await client.send('GET', pathOf(name));
  if (status !== 200) throw new Error(`${name}: ${JSON.stringify(body)}`);
  return body as KubernetesObject;
}

/** The Namespace as it would be after the change. */
async function changed(name: string, change: Change): Promise<KubernetesObject> {
  const object = await stored(name);
  const labels = Object.entries({ ...object.metadata.labels, ...change.labels });
  const kept = labels.filter((entry): entry is [string, string] => entry[1] !== null);
  const annotations = { ...object.metadata.annotations, ...change.annotations };
  const metadata = { ...object.metadata, ...change, labels: Object.fromEntries(kept), annotations };
  return { ...object, metadata };
}

/** Sends the change on every way on which the API server takes a Namespace. */
async function onEveryWay(
  name: string,
  change: Change,
  as: Readonly<{ as: string; asGroups: readonly string[] }> = asAcme,
): Promise<readonly (readonly [string, ApiAnswer])[]> {
  const answers: [string, ApiAnswer][] = [];
  for (const part of ['', '/status', '/finalize']) {
    const path = `${pathOf(name)}${part}`;
    answers.push([`PUT ${path}`, await client.send('PUT', path, await changed(name, change), as)]);
    // `finalize` knows no PATCH.
    if (part === '/finalize') continue;
    const contentType = 'application/merge-patch+json';
    const merge = { metadata: change };
    answers.push([`PATCH ${path}`, await client.send('PATCH', path, merge, { ...as, contentType })]);
    if (Object.values(change.labels ?? {}).includes(null)) continue;
    const applied = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, ...change } };
    const options = { ...as, contentType: 'application/apply-patch+yaml' };
    const query = '?fieldManager=mallory&force=true';
    answers.push([`apply ${path}`, await client.send('PATCH', `${path}${query}`, applied, options)]);
  }
  return answers;
}

/** Whether every way is refused by the rule, and nothing has changed. */
async function isRefusedOnEveryWay(test: Asserts, name: string, change: Change, rule: string): Promise<void> {
  const before = await stored(name);
  for (const [way, { status, body }] of await onEveryWay(name, change)) {
    const { message = '' } = body as { readonly message?: string };
    test.equal(status, 403, `${way}: ${message}`);
    test.match(
      message,
      /^admission webhook "(namespaces|platform)\.validate\.tenantgate\.dev" denied the request: /,
      way,
    );
    test.ok(message.includes(`[${rule}]`), `${way}: ${rule} in ${message}`);
  }
  test.same(await stored(name), before);
}

async function isAdmittedOnEveryWay(test: Asserts, name: string, change: Change, as = asAcme): Promise<void> {
  for (const [way, { status, body }] of await onEveryWay(name, change, as)) {
    test.equal(status, 200, `${way}: ${JSON.stringify((body as { readonly message?: string }).message)}`);
  }
}

/** An owner that is there, so that the garbage collector lets live what it owns. */
async function livingOwner(): Promise<object> {
  const { body } = await client.send('GET', `/apis/${apiGroup}/v1/clusterroles/view`);
  const { uid } = (body as { readonly metadata: { readonly uid: string } }).metadata;
  return { apiVersion: `${apiGroup}/v1`, kind: 'ClusterRole', name: 'view', uid };
}

t.test('CVE-2022-46167: a service account of the tenant does not take the owner of its namespace away', async (t) => {
  const name = 'capsule-acme-owned';
  const namespace = namespaceOf(name, 'acme');
  const ownerReferences = [await livingOwner()];
  expectSuccess(await cluster.apply([{ ...namespace, metadata: { ...namespace.metadata, ownerReferences } } as never]));
  const rule = 'namespaces/owner-references-fixed';
  const contentType = 'application/merge-patch+json';
  for (const part of ['', '/status', '/finalize']) {
    const body = await changed(name, { ownerReferences: [] });
    const { status, body: answer } = await client.send('PUT', `${pathOf(name)}${part}`, body, asAcme);
    t.match({ status, answer }, { status: 403, answer: { message: rule } }, part);
  }
  const bare = { metadata: { ownerReferences: null } };
  const patched = await client.send('PATCH', pathOf(name), bare, { ...asAcme, contentType });
  t.match(patched, { status: 403, body: { message: rule } });
  t.match(await stored(name), { metadata: { ownerReferences } });
  await isAdmittedOnEveryWay(t, name, { annotations: { 'example.com/note': 'its owner is kept' } });
  t.equal((await client.send('PATCH', pathOf(name), bare, { contentType })).status, 200, 'the platform may');
});

t.test(
  'CVE-2025-5187, as a tenant would use it: no owner by which the garbage collector deletes a namespace',
  async (t) => {
    const gone = { apiVersion: 'v1', kind: 'Node', name: 'gone', uid: '7d5a5b7e-0000-4000-8000-000000000000' };
    await isRefusedOnEveryWay(t, acmeDev, { ownerReferences: [gone] }, 'namespaces/owner-references-fixed');
    const blocked = [{ ...(await livingOwner()), blockOwnerDeletion: true }];
    await isRefusedOnEveryWay(t, acmeDev, { ownerReferences: blocked }, 'namespaces/owner-references-fixed');
  },
);

t.test('CVE-2024-39690: a namespace of nobody, or of the platform, cannot be claimed', async (t) => {
  const claim = { labels: { [tenantLabel]: 'acme' } };
  await isRefusedOnEveryWay(t, 'default', claim, 'namespaces/tenant-label-fixed');
  await isRefusedOnEveryWay(t, 'kube-system', claim, 'namespaces/platform-namespaces-guarded');
  await isRefusedOnEveryWay(t, globex, claim, 'namespaces/tenant-label-fixed');
  const label = ['label', 'namespace', 'default', `${tenantLabel}=acme`];
  isDenied(t, await cluster.kubectl(label, asAcme), '[namespaces/tenant-label-fixed]');
  expectSuccess(await cluster.kubectl([...label, '--dry-run=server']));
});

t.test(
  'CVE-2025-55205: no label is injected into system namespaces, and they are neither made nor deleted',
  async (t) => {
    const rule = 'namespaces/platform-namespaces-guarded';
    for (const name of ['kube-system', 'kube-public', 'tenantgate-system']) {
      await isRefusedOnEveryWay(t, name, { labels: { 'example.com/team': 'acme' } }, rule);
      await isRefusedOnEveryWay(t, name, { annotations: { 'example.com/team': 'acme' } }, rule);
      await isRefusedOnEveryWay(t, name, { labels: { [level]: 'privileged' } }, rule);
    }
    const dryRun = '--dry-run=server';
    isDenied(t, await cluster.kubectl(['delete', 'namespace', 'tenantgate-system', dryRun], asAcme), `[${rule}]`);
    isDenied(t, await cluster.kubectl(['create', 'namespace', 'cert-manager', dryRun], asAcme), `[${rule}]`);
    const removed = await client.send('DELETE', `${pathOf('tenantgate-system')}?dryRun=All`, undefined, asAcme);
    t.match(removed, { status: 403, body: { message: rule } });
    await isAdmittedOnEveryWay(t, 'kube-public', { labels: { 'example.com/team': 'platform' } }, installer);
    expectSuccess(await cluster.kubectl(['delete', 'namespace', 'tenantgate-system', dryRun]));
    expectSuccess(await cluster.kubectl(['label', 'namespace', 'kube-public', 'example.com/team-']));
  },
);

const advisories = 'CVE-2026-30963, GHSA-2ww6-hf35-mfjm, GHSA-gwxr-7h77-7777';
t.test(`${advisories}: namespaces/status and namespaces/finalize are namespaces too`, async (t) => {
  const changes: readonly (readonly [Change, string])[] = [
    [{ labels: { [tenantLabel]: 'globex' } }, 'namespaces/tenant-label-fixed'],
    [{ labels: { [tenantLabel]: null } }, 'namespaces/tenant-label-fixed'],
    [{ labels: { 'tenantgate.dev/zone': 'trusted' } }, 'namespaces/reserved-labels'],
    [{ labels: { [level]: 'strict' } }, 'namespaces/pod-security-level'],
  ];
  for (const [change, rule] of changes) {
    for (const part of ['status', 'finalize']) {
      const path = `${pathOf(acmeDev)}/${part}`;
      const { status, body } = await client.send('PUT', path, await changed(acmeDev, change), asAcme);
      t.match({ status, body }, { status: 403, body: { message: `[${rule}]` } }, `${part} ${JSON.stringify(change)}`);
    }
  }
  t.equal((await stored(acmeDev)).metadata.labels?.[tenantLabel], 'acme');
  await isAdmittedOnEveryWay(t, acmeDev, { labels: { 'example.com/env': 'staging' } });
});

t.test('GHSA-gjw4-3v3v-rqxg: what is reserved is so in every form, and what only looks like it is not', async (t) => {
  for (const key of ['tenantgate.dev/zone', 'tenantgate.dev/a', 'tenantgate.dev/Tenant', 'tenantgate.dev/tenant.old']) {
    await isRefusedOnEveryWay(t, acmeDev, { labels: { [key]: '' } }, 'namespaces/reserved-labels');
  }
  for (const key of ['tenantgate.devx/zone', 'x.tenantgate.dev/zone', 'tenantgate.dev', 'Tenantgate']) {
    await isAdmittedOnEveryWay(t, acmeDev, { labels: { [key]: 'x' } });
  }
});

t.test('CVE-2026-22872, CVE-2026-65835: an object of the whole cluster is no way out of a tenant', async (t) => {
  const binding = (kind: string, metadata: object): KubernetesObject => ({
    apiVersion: `${apiGroup}/v1`,
    kind,
    metadata: { name: 'capsule-view', ...metadata },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'ServiceAccount', name: 'deployer', namespace: acmeDev }],
  });
  isDenied(t, await cluster.apply([binding('ClusterRoleBinding', {})], asAcme), '[access/no-cluster-admin-binding]');
  expectSuccess(await cluster.apply([binding('RoleBinding', { namespace: acmeDev })], asAcme));
});

t.test('CVE-2023-46254: an account of the same name in another namespace is another', async (t) => {
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'capsule-acme-next' } };
  const next = { ...namespace, metadata: { ...namespace.metadata, labels: { [tenantLabel]: 'acme' } } };
  const create = ['create', '-f', '-'];
  const stdin = JSON.stringify(next);
  const asGlobex = {
    as: `system:serviceaccount:${globex}:deployer`,
    asGroups: ['system:serviceaccounts', `system:serviceaccounts:${globex}`, 'system:authenticated'],
  };
  isDenied(t, await cluster.kubectl(create, { ...asGlobex, stdin }), '[namespaces/tenant-label-fixed]');
  expectSuccess(await cluster.kubectl(create, { ...asAcme, stdin }));
  t.match(await stored('capsule-acme-next'), { metadata: { labels: { [tenantLabel]: 'acme', [level]: 'baseline' } } });
});

t.test(
  'while no server runs, the platform and the control plane write the platform’s Namespaces all the same',
  async (t) => {
    await tenantgate.stopProcess();
    const label = (value: string): string[] => [
      'label',
      '--overwrite',
      'namespace',
      'kube-public',
      `example.com/${value}`,
    ];
    expectSuccess(await cluster.kubectl(label('team=platform')));
    expectSuccess(await cluster.kubectl(label('team=installer'), installer));
    const outcome = await cluster.kubectl(label('team=acme'), asAcme);
    t.match(outcome.stderr, 'failed calling webhook "platform.validate.tenantgate.dev"');
    expectSuccess(await cluster.kubectl(label('team-')));
  },
);
