import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { KubeConfig } from '@kubernetes/client-node';
import t from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { PagedObjectSource } from '../../src/kubernetes/paged-object-source.ts';
import { RecordingPosture, scanned } from '../support/scan.ts';
import { isDenied } from './assertions.ts';
import { issueCertificate } from './certificates.ts';
import { type KubernetesObject } from './cluster.ts';
import { clientCertificate, kubeconfig } from './credentials.ts';
import { startFaultyProxy, type Fault } from './faulty-proxy.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod, workloads } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';

/** What is stored in a real API server is scanned through a real client, with all that can go wrong on the way. */
const cluster = await connectControlPlane();
const { acmeDev, acmeProd, globex, asAcme } = await createTenants(cluster, 'scan');
const own: ReadonlySet<unknown> = new Set([acmeDev, acmeProd, globex]);

const podCount = 30;
const pods = Array.from({ length: podCount }, (_, index) => pod(acmeDev, `pod-${String(index).padStart(2, '0')}`));
const hostPod = pod(acmeProd, 'on-host', { hostNetwork: true });
const openPolicy = networkPolicy(acmeDev, 'open', { ingress: [{ from: [{ namespaceSelector: {} }] }] });
const deployment = workloads(globex, { hostPID: true }).find(({ object }) => object.kind === 'Deployment')!.object;
expectSuccess(await cluster.apply([...pods, hostPod, openPolicy, deployment]));
await waitFor(
  'the Deployment to have made a Pod',
  async () => (await cluster.kubectl(['get', 'pods', '-n', globex, '-o', 'name'])).stdout !== '',
  { timeoutMs: 30_000 },
);

/** An aggregated API that nobody answers for, in a group that rules judge. */
const brokenApi: KubernetesObject = {
  apiVersion: 'apiregistration.k8s.io/v1',
  kind: 'APIService',
  metadata: { name: 'v9.crd.antrea.io' },
  spec: {
    group: 'crd.antrea.io',
    version: 'v9',
    groupPriorityMinimum: 1_000,
    versionPriority: 100,
    insecureSkipTLSVerify: true,
    service: { namespace: 'default', name: 'nobody' },
  },
};
const antrea = ['networkpolicies', 'clusternetworkpolicies', 'tiers'].map((name) => `${name}.crd.antrea.io`);
expectSuccess(await cluster.kubectl(['delete', 'crd', '--ignore-not-found', ...antrea]));
expectSuccess(await cluster.apply([brokenApi]));
t.teardown(() => cluster.kubectl(['delete', 'apiservice', 'v9.crd.antrea.io']));

/** Pages of a few objects. */
const pageBytes = 16 * 1024;
const patience = { answerMs: 5_000, giveUpMs: 1_500, shortestPauseMs: 10, longestPauseMs: 100 };

async function scanBy(file: string) {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  const client = new ApiServerClient(kubeConfig);
  const source = new PagedObjectSource({ client, name: 'test', pageBytes, patience });
  const posture = new RecordingPosture();
  return { report: await scanned(source, { posture }), posture };
}

/** What was found in the namespaces of this file, whoever wrote it. */
function ownResults({ results }: AuditReport) {
  return results.filter(
    ({ object, mode, writer }) => own.has(object.namespace) && mode === 'enforce' && writer === 'any',
  );
}

const stateOf = ({ scan }: AuditReport, resource: string) =>
  scan.listings.find((listing) => listing.resource === resource)?.state;

const whole = await scanBy(cluster.kubeconfig);

t.test('what is stored is judged, and what a controller made counts as a copy', (t) => {
  t.match(
    ownResults(whole.report).map(({ rule, object, copies }) => [
      object.namespace,
      object.kind,
      object.name,
      rule,
      copies,
    ]),
    [
      [acmeDev, 'NetworkPolicy', 'open', 'network/confined-peers', 0],
      [acmeProd, 'Pod', 'on-host', 'pods/host-network', 0],
      [globex, 'Deployment', deployment.metadata.name, 'pods/host-namespaces', 2],
    ],
  );
  t.equal(whole.posture.namespaces.get(acmeDev)?.pods?.length, podCount);
  t.same(
    whole.posture.namespaces.get(acmeDev)?.networkPolicies?.map(({ metadata }) => metadata?.name),
    ['default-deny', 'open'],
  );
  t.same(
    [...own].map((name) => whole.posture.namespaces.get(String(name))?.tenant),
    ['acme', 'acme', 'globex'],
  );
  t.end();
});

t.test('an aggregated API that nobody answers for fails its own kinds, and no other', (t) => {
  for (const resource of antrea) {
    t.equal(stateOf(whole.report, resource), 'failed', resource);
    t.ok(whole.report.unknown.some((one) => one.resource === resource));
  }
  t.equal(stateOf(whole.report, 'networkpolicies.networking.k8s.io'), 'read');
  t.equal(stateOf(whole.report, 'clusterroles.rbac.authorization.k8s.io'), 'read');
  t.end();
});

t.test('a kind that RBAC hides is unknown, and what depends on it too', async (t) => {
  const user = 'scan-reader';
  const metadata = { name: user };
  const rules = [
    { apiGroups: [''], resources: ['namespaces', 'pods', 'services'], verbs: ['list'] },
    { apiGroups: ['apps'], resources: ['deployments'], verbs: ['list'] },
  ];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: user };
  const rbac = 'rbac.authorization.k8s.io/v1';
  const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }];
  expectSuccess(
    await cluster.apply([
      { apiVersion: rbac, kind: 'ClusterRole', metadata, rules },
      { apiVersion: rbac, kind: 'ClusterRoleBinding', metadata, roleRef, subjects },
    ]),
  );
  const client = clientCertificate(await issueCertificate(cluster.ca, { commonName: user, usages: ['client'] }));
  const file = join(t.testdir(), 'kubeconfig');
  await writeFile(file, kubeconfig(cluster.server, cluster.ca, client));
  const { report, posture } = await scanBy(file);
  t.same(
    ownResults(report).map(({ rule }) => rule),
    ['pods/host-network', 'pods/host-namespaces', 'pods/host-namespaces'],
    'what may be read is judged, and nobody knows that the Pod comes from the Deployment',
  );
  t.equal(stateOf(report, 'pods'), 'read');
  t.equal(stateOf(report, 'networkpolicies.networking.k8s.io'), 'forbidden');
  t.match(
    report.unknown.find(({ resource }) => resource === 'networkpolicies.networking.k8s.io'),
    { message: 'RBAC refuses it: grant the verb "list" on networkpolicies' },
  );
  const evidence = posture.namespaces.get(acmeDev)!;
  t.equal(evidence.networkPolicies, undefined);
  t.ok(evidence.unread.has('NetworkPolicy') && !evidence.unread.has('Deployment'));
  t.ok(report.unknown.some(({ rule }) => rule === 'pods/isolated-before-start'));
});

/** The token of the last page, for what an API server would send of it. */
function inconsistent(url: URL): string {
  const token = JSON.parse(Buffer.from(url.searchParams.get('continue')!, 'base64url').toString('utf8')) as object;
  return Buffer.from(JSON.stringify({ ...token, rv: -1 })).toString('base64url');
}

function answer410(response: Parameters<Fault>[0], metadata: object): void {
  const status = { apiVersion: 'v1', kind: 'Status', status: 'Failure', reason: 'Expired', code: 410, metadata };
  response.writeHead(410, { 'content-type': 'application/json' }).end(JSON.stringify(status));
}

t.test('through a connection that resets, garbles and forgets, the same is found', async (t) => {
  const proxy = await startFaultyProxy(cluster);
  t.teardown(() => proxy.stop());
  const file = join(t.testdir(), 'kubeconfig');
  await writeFile(file, proxy.kubeconfig);
  const faults: readonly ((...args: Parameters<Fault>) => void)[] = [
    (response) => response.destroy(),
    (response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"PodList","items":[{'),
    (response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"kind":');
      response.destroy();
    },
    (response, url) => {
      answer410(response, { continue: inconsistent(url) });
    },
    (response) => {
      answer410(response, {});
    },
    (response) => response.writeHead(429, { 'retry-after': '0' }).end(),
  ];
  const left = new Map<string, number>();
  proxy.fault = (response, url) => {
    if (!url.searchParams.has('continue')) return false;
    const count = left.get(url.pathname) ?? 0;
    left.set(url.pathname, count + 1);
    const fault = faults[count];
    fault?.(response, url);
    return fault !== undefined;
  };
  const { report, posture } = await scanBy(file);
  t.equal(left.get('/api/v1/pods')! > faults.length, true, 'there were pages enough for every fault');
  t.same(ownResults(report), ownResults(whole.report));
  t.same(posture.namespaces.get(acmeDev)?.pods, whole.posture.namespaces.get(acmeDev)?.pods);
  t.equal(stateOf(report, 'pods'), 'read');
});

t.test('when the API server goes in the middle, what was read stands and the rest is unknown', async (t) => {
  const proxy = await startFaultyProxy(cluster);
  t.teardown(() => proxy.stop());
  const file = join(t.testdir(), 'kubeconfig');
  await writeFile(file, proxy.kubeconfig);
  let pages = 0;
  proxy.fault = (response, url) => {
    const isPods = url.pathname === '/api/v1/pods' && url.searchParams.has('limit');
    if (isPods) pages += 1;
    if (pages <= 2) return false;
    response.destroy();
    return true;
  };
  const { report, posture } = await scanBy(file);
  const listing = report.scan.listings.find(({ resource }) => resource === 'pods')!;
  t.equal(listing.state, 'failed');
  t.ok(listing.objects > 0, `${listing.objects} pods were read`);
  t.ok(report.unknown.some(({ resource }) => resource === 'pods'));
  t.ok(posture.namespaces.get(globex)!.unread.has('Pod'));
  t.equal(posture.namespaces.get(globex)!.pods, undefined);
});

t.test('admission says of the same objects what the scan says', async (t) => {
  const tenantgate = await startTenantgate(cluster);
  t.teardown(() => tenantgate.stop());
  const copies = [hostPod, openPolicy].map((object) => ({
    ...object,
    metadata: { ...object.metadata, name: 'again' },
  }));
  for (const copy of copies) {
    const denied = await cluster.apply([copy], { ...asAcme, dryRun: true });
    const found = ownResults(whole.report).filter(({ object }) => {
      return object.kind === copy.kind && object.namespace === copy.metadata.namespace;
    });
    t.equal(found.length, 1);
    isDenied(t, denied, ...found.flatMap(({ rule, field, message }) => [`[${rule}]`, field, message]));
  }
});
