import { X509Certificate } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import t from 'tap';

import { readCaBundle } from '../../src/server/ca-bundle.ts';
import { entriesOf, makePair } from '../../src/server/managed-pair.ts';
import { issueCertificate, makeCa } from './certificates.ts';
import type { KubernetesObject } from './cluster.ts';
import { base64 } from './credentials.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy } from './manifests.ts';
import { connectQuickly } from './quick-client.ts';
import { startSelfManagedReplica, type SelfManagedReplica } from './self-managed-replica.ts';
import { connectControlPlane } from './session.ts';
import { startTcpBalancer } from './tcp-balancer.ts';
import { createTenants } from './tenants.ts';
import { webhookEntries } from './tenantgate.ts';
import { waitFor } from './wait-for.ts';
import { exposeAsService, registerWebhooks, removeWebhooks } from './webhook.ts';

/** Two servers that share a certificate of their own, with a ServiceAccount that has exactly the rights for it. */
const cluster = await connectControlPlane();
const folder = t.testdir({});
const namespace = 'tenantgate-system';
const name = 'tenantgate-self-managed';
const host = `${name}.${namespace}.svc`;
const account = `system:serviceaccount:${namespace}:${name}`;
const timing = { handoverMs: 3_000, pollMs: 250, makePauseMs: 1_000 };
const soon = { timeoutMs: 60_000 };
const orphan: KubernetesObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'self-managed-orphan' } };

const { acmeDev, asAcme } = await createTenants(cluster, 'self-managed');
const balancer = await startTcpBalancer();
await exposeAsService(cluster, { namespace, name, port: balancer.port });
const configurationVerbs = ['get', 'patch'];

function rightsOf(secretVerbs: readonly string[], bundleVerbs: readonly string[]): readonly KubernetesObject[] {
  const rbac = 'rbac.authorization.k8s.io';
  const subjects = [{ kind: 'ServiceAccount', name, namespace }];
  const roleRef = (kind: string) => ({ apiGroup: rbac, kind, name });
  return [
    {
      apiVersion: `${rbac}/v1`,
      kind: 'Role',
      metadata: { name, namespace },
      rules: [{ apiGroups: [''], resources: ['secrets'], resourceNames: [name], verbs: secretVerbs }],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules: [
        { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['list'] },
        {
          apiGroups: ['admissionregistration.k8s.io'],
          resources: ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
          resourceNames: [name],
          verbs: bundleVerbs,
        },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      subjects,
      roleRef: roleRef('Role'),
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      subjects,
      roleRef: roleRef('ClusterRole'),
    },
  ];
}

const secret: KubernetesObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, type: 'Opaque' };
const serviceAccount: KubernetesObject = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } };
expectSuccess(
  await cluster.apply([secret, serviceAccount, ...rightsOf(['get', 'update'], configurationVerbs)], {
    serverSide: true,
  }),
);
const kubeconfig = await writeKubeconfig();

async function writeKubeconfig(): Promise<string> {
  const token = expectSuccess(await cluster.kubectl(['create', 'token', name, '--namespace', namespace])).trim();
  const path = join(folder, 'kubeconfig');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'self',
    contexts: [{ name: 'self', context: { cluster: 'self', user: 'self' } }],
    clusters: [
      {
        name: 'self',
        cluster: { server: cluster.server, 'certificate-authority-data': base64(cluster.ca.certificatePem) },
      },
    ],
    users: [{ name: 'self', user: { token } }],
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

const replicas: SelfManagedReplica[] = [];

const ownCertificate = {
  'tls-secret': `${namespace}/${name}`,
  'webhook-configuration': name,
  'tls-host': [host],
};

async function startReplica(
  replicaName: string,
  certificate: Readonly<Record<string, string | readonly string[]>> = ownCertificate,
): Promise<SelfManagedReplica> {
  const flags = { kubeconfig, ...certificate };
  const replica = await startSelfManagedReplica({ folder, name: replicaName, flags, timing });
  replicas.push(replica);
  return replica;
}

async function untilReady(...some: readonly SelfManagedReplica[]): Promise<void> {
  for (const replica of some) {
    await waitFor('readiness', async () => (await replica.readiness()).includes('"ready":true'), soon).catch(
      async (cause: unknown) => {
        throw new Error(`not ready; its log: ${await replica.log()}`, { cause });
      },
    );
  }
  balancer.use(some.map(({ port }) => port));
}

/** The registration as a chart makes it, without CAs; done again, it takes them away, as GitOps may. */
async function register(caBundle = ''): Promise<void> {
  const endpoint = { service: { namespace, name, port: balancer.port } };
  await registerWebhooks(cluster, { name, endpoint, caBundle, entries: webhookEntries() }, []);
}

async function emptySecret(): Promise<void> {
  const patch = JSON.stringify([{ op: 'remove', path: '/data' }]);
  expectSuccess(
    await cluster.kubectl(['patch', 'secret', name, '--namespace', namespace, '--type=json', '--patch', patch]),
  );
}

async function untilCalled(): Promise<void> {
  await waitFor(
    'the API server to trust the servers',
    async () => {
      await balancer.reconnect();
      const { stderr } = await cluster.kubectl(['create', '--dry-run=server', '--filename=-'], {
        stdin: JSON.stringify(orphan),
      });
      return /admission webhook "[^"]+" denied the request/.test(stderr);
    },
    soon,
  );
}

async function readEntries(): Promise<Readonly<Record<string, string>>> {
  const text = expectSuccess(await cluster.kubectl(['get', 'secret', name, '--namespace', namespace, '--output=json']));
  const { data = {} } = JSON.parse(text) as { readonly data?: Readonly<Record<string, string>> };
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

async function bundles(): Promise<readonly (readonly string[])[]> {
  const read = async (kind: string): Promise<readonly (readonly string[])[]> => {
    const text = expectSuccess(await cluster.kubectl(['get', kind, name, '--output=json']));
    const { webhooks } = JSON.parse(text) as {
      readonly webhooks: readonly { readonly clientConfig: { readonly caBundle?: string } }[];
    };
    return webhooks.map(({ clientConfig }) =>
      readCaBundle(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()).map(({ fingerprint }) => fingerprint),
    );
  };
  return [...(await read('validatingwebhookconfiguration')), ...(await read('mutatingwebhookconfiguration'))];
}

/** So many quick requests between two of kubectl, whose start takes longer than the moments that could go wrong. */
const quickRequests = 10;

/** Asks again and again, each time through a new handshake, until it is told to end. */
async function applyInALoop() {
  const quick = await connectQuickly(cluster);
  const report = { done: 0, failures: [] as string[] };
  const ending = new AbortController();
  const note = (failure: string | undefined): void => {
    if (failure === undefined) report.done += 1;
    else report.failures.push(failure);
  };
  const work = async (): Promise<void> => {
    const policy = networkPolicy(acmeDev, 'in-a-loop', { policyTypes: ['Ingress'] });
    const path = `/apis/networking.k8s.io/v1/namespaces/${acmeDev}/networkpolicies`;
    for (let round = 0; !ending.signal.aborted; round += 1) {
      await balancer.reconnect();
      const labels = { round: `r${round}` };
      const changing = { ...policy, metadata: { ...policy.metadata, labels } };
      if (round % quickRequests === 0) {
        const { code, stderr } = await cluster.apply([changing], asAcme);
        note(code === 0 ? undefined : stderr);
      } else {
        const unnamed = { ...changing, metadata: { ...changing.metadata, name: `quick-${round}` } };
        note(await quick.tryCreate(path, unnamed));
      }
    }
  };
  const working = work().catch((error: unknown) => {
    report.failures.push(String(error));
  });
  return {
    report,
    atLeast: async (more: number) => {
      const wanted = report.done + more * quickRequests;
      await waitFor('more requests', () => report.done >= wanted || report.failures.length > 0, soon);
    },
    end: async () => {
      ending.abort();
      await working;
      quick.close();
      return report;
    },
  };
}

async function untilAllServe(fingerprint: string, some: readonly SelfManagedReplica[]): Promise<void> {
  for (const replica of some)
    await waitFor('the new certificate', async () => (await replica.fingerprint()) === fingerprint, soon);
}

/** Waits for a pair that is another than this one, and alone in the Secret. */
function untilRenewed(before: string): Promise<Readonly<Record<string, string>>> {
  return waitFor(
    'the renewal',
    async () => {
      const entries = await readEntries();
      const certificate = entries['tls.crt'];
      return certificate !== undefined && certificate !== before && entries['next.tls.crt'] === undefined && entries;
    },
    soon,
  );
}

t.teardown(async () => {
  await removeWebhooks(cluster, name);
  for (const replica of replicas) await replica.stop();
  await balancer.stop();
  await cluster.kubectl(['delete', 'secret', name, '--namespace', namespace, '--ignore-not-found']);
});

t.test('the rights are on one Secret and two configurations, and no more', async (t) => {
  const may = async (verb: string, ...what: readonly string[]): Promise<string> =>
    (await cluster.kubectl(['auth', 'can-i', verb, ...what], { as: account })).stdout.trim();
  const secrets = ['secrets', '--namespace', namespace] as const;
  for (const verb of ['list', 'watch', 'create', 'update', 'delete', 'get', 'patch']) {
    t.equal(await may(verb, ...secrets), 'no', `${verb} secrets`);
    t.equal(await may(verb, 'validatingwebhookconfigurations'), 'no', `${verb} configurations`);
  }
  t.equal(await may('update', `secrets/${name}`, '--namespace', namespace), 'yes');
  t.equal(await may('patch', `secrets/${name}`, '--namespace', namespace), 'no');
});

t.test('two servers start from an empty Secret with one certificate, and the API server calls them', async (t) => {
  const both = await Promise.all([startReplica('a'), startReplica('b')]);
  await untilReady(...both);
  const { 'tls.crt': certificate = '', 'ca.crt': ca = '' } = await readEntries();
  const leaf = new X509Certificate(certificate);
  t.equal(leaf.checkHost(host), host);
  for (const replica of both) t.equal(await replica.fingerprint(), leaf.fingerprint256);
  t.match(await both[0].readiness(), /valid until .* does not exist yet/, 'ready before anybody calls');
  await register();
  await untilCalled();
  const caFingerprint = new X509Certificate(ca).fingerprint256;
  for (const bundle of await bundles()) t.strictSame(bundle, [caFingerprint]);
  t.match(await both[1].metrics(), /^tenantgate_certificate_expiry_timestamp_seconds \d/m);
});

t.test('an emptied Secret forces a renewal, and no request fails', async (t) => {
  const before = (await readEntries())['tls.crt'] ?? '';
  const loop = await applyInALoop();
  await loop.atLeast(4);
  await emptySecret();
  const after = await untilRenewed(before);
  await untilAllServe(new X509Certificate(after['tls.crt'] ?? '').fingerprint256, replicas);
  await loop.atLeast(6);
  const { done, failures } = await loop.end();
  t.strictSame(failures, [], `${done} requests`);
  const cas = [before, after['tls.crt'] ?? ''].map((certificate) => new X509Certificate(certificate));
  for (const bundle of await bundles()) {
    t.equal(bundle.length, 2, 'the CA before stays until it expires');
    t.ok(bundle.includes(new X509Certificate(after['ca.crt'] ?? '').fingerprint256));
  }
  t.not(cas[0]?.issuer, cas[1]?.issuer);
  for (const replica of replicas) t.ok((balancer.connections.get(replica.port) ?? 0) > 3, 'both were called');
});

t.test('an emptied caBundle is healed within seconds, and told', async (t) => {
  await register();
  await untilCalled();
  const ca = new X509Certificate((await readEntries())['ca.crt'] ?? '').fingerprint256;
  for (const bundle of await bundles()) t.ok(bundle.includes(ca));
  await waitFor(
    'the log line',
    async () => {
      const logs = await Promise.all(replicas.map((replica) => replica.log()));
      return logs.some((log) => log.includes('caBundle was changed by somebody else'));
    },
    soon,
  );
});

t.test('a pair that is due is renewed by servers that start one after the other, and no request fails', async (t) => {
  for (const replica of replicas.splice(0)) t.equal(await replica.stop(), 0, 'each ends in order');
  const dayMs = 86_400_000;
  const old = await makePair([host], new Date(Date.now() - 61 * dayMs), 90 * dayMs);
  const data = Object.fromEntries(Object.entries(entriesOf(old, 'current')).map(([key, text]) => [key, base64(text)]));
  const patch = JSON.stringify({ data });
  expectSuccess(
    await cluster.kubectl(['patch', 'secret', name, '--namespace', namespace, '--type=merge', '--patch', patch]),
  );
  const first = await startReplica('c');
  await untilReady(first);
  t.equal(await first.fingerprint(), old.fingerprint, 'what is in force is served at once');
  await untilCalled();
  const loop = await applyInALoop();
  const second = await startReplica('d');
  await untilReady(first, second);
  const after = await untilRenewed(old.certificate);
  await untilAllServe(new X509Certificate(after['tls.crt'] ?? '').fingerprint256, [first, second]);
  await loop.atLeast(6);
  const { done, failures } = await loop.end();
  t.strictSame(failures, [], `${done} requests`);
  t.match(await first.metrics(), /^tenantgate_certificate_reload_total\{result="success"\} 1$/m);
});

t.test('a right that is missing is named, what is in force is served, and the right alone mends it', async (t) => {
  const [replica] = replicas;
  const before = await replica?.fingerprint();
  const readiness = (wanted: RegExp) =>
    waitFor(String(wanted), async () => wanted.test((await replica?.readiness()) ?? ''), soon);
  expectSuccess(await cluster.apply(rightsOf(['update'], ['get']), { serverSide: true }));
  await readiness(/refuses \(403\) to get secrets \\"tenantgate-self-managed\\" in namespace \\"tenantgate-system\\"/);
  await register();
  await readiness(
    /to patch validatingwebhookconfigurations \\"tenantgate-self-managed\\": grant the service account the verb/,
  );
  const line = /"level":"error".*grant the service account the verb \\"patch\\" on it/;
  await waitFor('the log line', async () => line.test((await replica?.log()) ?? ''), soon);
  t.equal(await replica?.fingerprint(), before);
  t.match(await replica?.readiness(), /"ready":true/);
  expectSuccess(await cluster.apply(rightsOf(['get', 'update'], configurationVerbs), { serverSide: true }));
  await untilCalled();
  await waitFor('order', async () => (await replica?.log())?.includes('in order again'), soon);
});

t.test('the API server stopped and back: the certificate is served on', async (t) => {
  t.teardown(() => cluster.startApiServer());
  const [replica] = replicas;
  const before = await replica?.fingerprint();
  await cluster.stopApiServer();
  await waitFor(
    'the fault',
    async () => (await replica?.readiness())?.includes('cannot be asked to get secrets'),
    soon,
  );
  t.equal(await replica?.fingerprint(), before);
  t.match(await replica?.readiness(), /"ready":true/);
  await cluster.startApiServer();
  await waitFor('order', async () => !((await replica?.readiness()) ?? '').includes('cannot be asked'), soon);
  await untilCalled();
});

t.test('a switch from another issuer loses no call', async (t) => {
  for (const replica of replicas.splice(0)) await replica.stop();
  await emptySecret();
  const ca = await makeCa('another issuer');
  const pair = await issueCertificate(ca, { commonName: 'tenantgate', dnsNames: [host], usages: ['server'] });
  const [certFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')] as const;
  await writeFile(certFile, pair.certificatePem);
  await writeFile(keyFile, pair.privateKeyPem, { mode: 0o600 });
  const issued = await startReplica('issued', { 'tls-cert-file': certFile, 'tls-key-file': keyFile });
  await untilReady(issued);
  await register(ca.certificatePem);
  await untilCalled();
  const loop = await applyInALoop();
  const own = await startReplica('own');
  await untilReady(issued, own);
  await loop.atLeast(6);
  balancer.use([own.port]);
  await loop.atLeast(2);
  t.equal(await issued.stop(), 0);
  await loop.atLeast(4);
  const { done, failures } = await loop.end();
  t.strictSame(failures, [], `${done} requests`);
  t.match(await own.log(), /"subject":"CN=another issuer".*holds a CA that Tenantgate has not made/);
  for (const bundle of await bundles()) t.ok(bundle.includes(new X509Certificate(ca.certificatePem).fingerprint256));
});

t.test('a server without its Secret waits, says who makes it, and ends in order', async (t) => {
  expectSuccess(await cluster.kubectl(['delete', 'secret', name, '--namespace', namespace]));
  const waiting = await startReplica('e');
  await waitFor('the message', async () => (await waiting.log()).includes('the Helm chart makes it'), soon);
  await delay(500);
  t.equal(await waiting.fingerprint(), undefined, 'its port stays closed');
  t.equal(await waiting.stop(), 0);
});
