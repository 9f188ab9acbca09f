import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';

import { foreignPolicyKinds } from '../../src/policy/objects/foreign-policy-kinds.ts';
import { isDenied } from './assertions.ts';
import type { KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/**
 * Policies of network plugins on a real API server. The plugins are not there; their kinds are, with group, names, scope and
 * versions as the plugins serve them and any content.
 */
const cluster = await connectControlPlane();
const tenantgate = await startTenantgate(cluster);
t.teardown(() => tenantgate.stop());
const { acmeDev, globex, asAcme } = await createTenants(cluster, 'foreign');
const rule = '[network/no-foreign-network-policy]';

const versionsOf: Readonly<Record<string, readonly string[]>> = {
  'policy.networking.k8s.io': ['v1alpha1', 'v1alpha2'],
  'cilium.io': ['v2', 'v2alpha1'],
  'projectcalico.org': ['v3'],
  'crd.projectcalico.org': ['v1'],
  'crd.antrea.io': ['v1beta1'],
  'networking.k8s.aws': ['v1alpha1'],
};
const entries = Object.values(foreignPolicyKinds);

function crdOf({ group, kind, resource, namespaced }: (typeof entries)[number]): KubernetesObject {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const versions = (versionsOf[group] ?? []).map((name, index) => ({
    name,
    served: true,
    storage: index === 0,
    schema,
  }));
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    // Groups below k8s.io are kept for Kubernetes itself, unless its review is named.
    metadata: { name: `${resource}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, for a test' } },
    spec: {
      group,
      scope: namespaced ? 'Namespaced' : 'Cluster',
      names: { kind, plural: resource, singular: kind.toLowerCase() },
      versions,
    },
  };
}

const crds = entries.map(crdOf);
expectSuccess(await cluster.apply(crds, { serverSide: true }));
const targets = crds.map(({ metadata }) => `crd/${metadata.name ?? ''}`);
expectSuccess(await cluster.kubectl(['wait', '--for=condition=Established', '--timeout=30s', ...targets]));
const names = crds.map(({ metadata }) => metadata.name ?? '').join(',');
await waitFor(
  'the kinds to be served',
  async () => (await cluster.kubectl(['get', names, '--all-namespaces', '--output=name'])).code === 0,
  { timeoutMs: 20_000 },
);
/** So that what a webhook denies in the whole cluster is not what RBAC denies. */
expectSuccess(
  await cluster.kubectl([
    'create',
    'clusterrolebinding',
    'foreign-acme',
    '--clusterrole=cluster-admin',
    `--user=${asAcme.as}`,
  ]),
);

function objectOf(group: string, version: string, kind: string, name: string, namespaced: boolean, spec: object = {}) {
  const metadata = { name, ...(namespaced ? { namespace: acmeDev } : {}) };
  return { apiVersion: `${group}/${version}`, kind, metadata, spec };
}

/** How many objects the rule refused. */
const refusals = (text: string): number =>
  text.split('denied the request:').filter((part) => part.includes(rule)).length;

t.test('no kind of any plugin is a tenant’s, in any served version', async (t) => {
  const objects = entries.flatMap(({ group, kind, namespaced }) =>
    (versionsOf[group] ?? []).map((version) => objectOf(group, version, kind, `by-tenant-${version}`, namespaced)),
  );
  const outcome = await cluster.apply(objects, asAcme);
  isDenied(t, outcome, 'is a kind for the platform only');
  t.equal(refusals(outcome.stderr), objects.length, 'each for itself');
});

t.test('the platform writes them, and no tenant changes or deletes what it wrote', async (t) => {
  const objectsWith = (spec: object) =>
    entries.map(({ group, kind, namespaced }) =>
      objectOf(group, versionsOf[group]?.[0] ?? '', kind, 'by-platform', namespaced, spec),
    );
  expectSuccess(await cluster.apply(objectsWith({})));
  const changed = await cluster.apply(objectsWith({ a: 1 }), asAcme);
  isDenied(t, changed, 'is a kind for the platform only');
  t.equal(refusals(changed.stderr), entries.length, 'each for itself');
  expectSuccess(await cluster.apply(objectsWith({})));
  for (const { group, resource, namespaced } of entries) {
    const remove = ['delete', `${resource}.${group}`, 'by-platform', ...(namespaced ? ['-n', acmeDev] : [])];
    isDenied(t, await cluster.kubectl([...remove, '--wait=false'], asAcme), rule, 'metadata.name');
  }
});

/** The policies that ship, but for the kind that tenants may write. */
async function policiesAllowing(kind: string): Promise<Readonly<Record<string, string>>> {
  const folder = join(import.meta.dirname, '../../policies');
  // The default Tenancy is used where there is no other.
  const files = (await readdir(folder)).filter((file) => file.endsWith('.yaml') && file !== 'tenancy.yaml');
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const held = '    - rule: network/no-foreign-network-policy\n';
  return Object.fromEntries(
    files.map((file, index) => [
      file,
      (texts[index] ?? '').replace(held, `${held}      params: { allowed: [${kind}] }\n`),
    ]),
  );
}

t.test('a CiliumNetworkPolicy that tenants may write is judged', async (t) => {
  await tenantgate.stop();
  const folder = t.testdir(await policiesAllowing('CiliumNetworkPolicy'));
  const lenient = await startTenantgate(cluster, { args: ['--policies', folder] });
  t.teardown(() => lenient.stop());
  const policy = (name: string, spec: object) =>
    objectOf('cilium.io', 'v2', 'CiliumNetworkPolicy', name, true, { endpointSelector: {}, ...spec });
  const from = (labels: object) => ({ ingress: [{ fromEndpoints: [{ matchLabels: labels }] }] });
  const byNamespace = 'k8s:io.kubernetes.pod.namespace';
  expectSuccess(await cluster.apply([policy('own', from({ app: 'web' }))], asAcme));
  expectSuccess(await cluster.apply([policy('by-name', from({ [byNamespace]: acmeDev }))], asAcme));
  isDenied(
    t,
    await cluster.apply([policy('foreign', from({ [byNamespace]: globex }))], asAcme),
    rule,
    `namespace "${globex}", which belongs to tenant "globex"`,
  );
  isDenied(
    t,
    await cluster.apply([policy('open', { egress: [{ toEntities: ['all'] }] })], asAcme),
    rule,
    'toEntities[0]',
  );
  isDenied(
    t,
    await cluster.apply([policy('open', { egress: [{ toCIDR: ['0.0.0.0/0'] }] })], asAcme),
    rule,
    'toCIDR[0]',
  );
  const widen = JSON.stringify({ spec: { ingress: [{ fromEntities: ['world'] }] } });
  const patch = ['patch', 'ciliumnetworkpolicies.cilium.io', 'own', '-n', acmeDev, '--type=merge', '-p', widen];
  isDenied(t, await cluster.kubectl(patch, asAcme), rule, 'fromEntities[0]');
  expectSuccess(await cluster.kubectl(['delete', 'ciliumnetworkpolicies.cilium.io', 'own', '-n', acmeDev], asAcme));
});
