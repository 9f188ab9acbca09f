import t, { type Test } from 'tap';

import { startCertManager } from '../cert-manager.ts';
import { type KubernetesObject } from '../cluster.ts';
import { expectSuccess } from '../kubectl.ts';
import { networkPolicy, pod } from '../manifests.ts';
import { startNode } from '../node/node.ts';
import { requireAddons } from '../require-addons.ts';
import { connectControlPlane } from '../session.ts';
import { createTenants } from '../tenants.ts';
import { waitFor } from '../wait-for.ts';
import { everyNamespace, releaseNamespace as namespace, releaseOn, testValues } from './release.ts';

/**
 * The chart's life on a real control plane with the real helm and cert-manager, exactly as shipped: a stand-in runs its pods as
 * processes and forwards its Service, and nothing else is pretended.
 */
const cluster = await connectControlPlane();
const addons = requireAddons(t, cluster);
const certManager = await startCertManager(cluster, addons);
t.teardown(() => certManager.stop());
const { acmeDev, asAcme } = await createTenants(cluster, 'lifecycle');
const node = await startNode(cluster, namespace);
t.teardown(() => node.stop());

const release = releaseOn(cluster, addons, { namespace: acmeDev, as: asAcme });
const { install, upgrade, registration, tryBroadPolicy, tryGoodPolicy } = release;

async function untilDenied(t: Test): Promise<string> {
  const denial = await waitFor(
    'a broad policy to be denied',
    async () => {
      const { code, stderr } = await tryBroadPolicy();
      return code !== 0 && stderr;
    },
    { timeoutMs: 20_000 },
  );
  t.match(
    denial,
    'admission webhook "validate.tenantgate.dev" denied the request: spec.ingress[0].from[0].namespaceSelector',
  );
  t.match(denial, '[network/confined-peers]');
  return denial;
}

async function untilAdmitted(): Promise<void> {
  await waitFor('a broad policy to be admitted', async () => (await tryBroadPolicy()).code === 0, {
    timeoutMs: 20_000,
  });
}

async function modesOfServers(): Promise<readonly string[]> {
  const get = ['get', 'pods', `--namespace=${namespace}`, '--output=json', '-l', 'app.kubernetes.io/name=tenantgate'];
  const { items } = JSON.parse(expectSuccess(await cluster.kubectl(get))) as {
    readonly items: readonly {
      readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] };
    }[];
  };
  return items.map(({ spec }) => spec.containers[0]?.args.find((arg) => arg.startsWith('--mode=')) ?? '');
}

t.before(() => release.makeRoom());

t.test('an install that never gets a server registers nothing, and so blocks nobody', async (t) => {
  const { code, stderr } = await install(
    '--set=mode=enforce',
    '--set=certificates.certManager.issuerRef.name=missing',
    '--set=webhooks.readyTimeoutSeconds=10',
    '--timeout=30s',
  );
  t.not(code, 0);
  t.match(stderr, /ready-gate|timed out|deadline/i);
  t.equal(await registration('validating'), undefined);
  t.equal(await registration('mutating'), undefined);
  t.equal((await tryBroadPolicy()).code, 0, 'nothing is judged, and nothing is refused');
});

t.test('an upgrade of the failed install mends it, again behind the gate', async (t) => {
  const outcome = await upgrade(...testValues, '--set=mode=audit');
  t.equal(outcome.code, 0, outcome.stderr);
  t.match(outcome.stdout, 'Nothing is denied');
  const configuration = await registration();
  t.equal(configuration?.metadata.annotations['helm.sh/hook'], 'post-install,post-upgrade');
  await certManager.untilInjected('validatingwebhookconfiguration', 'tenantgate');
  await certManager.untilInjected('mutatingwebhookconfiguration', 'tenantgate');
  expectSuccess(await release.uninstall());
  t.equal(await registration(), undefined);
});

t.test('installed in mode audit: nothing is denied, and every would-be denial is told', async (t) => {
  const outcome = await install();
  t.equal(outcome.code, 0, outcome.stderr);
  t.match(outcome.stdout, 'mode audit, failure policy Ignore');
  await certManager.untilInjected('validatingwebhookconfiguration', 'tenantgate');
  t.equal(
    (await registration())?.webhooks.every(({ failurePolicy }) => failurePolicy === 'Ignore'),
    true,
  );
  t.equal(node.pods().filter(({ isReady }) => isReady).length, 2, 'two servers are ready');
  await waitFor(
    'the would-be denial in the log of a server',
    async () => {
      expectSuccess(await tryBroadPolicy());
      const lines = (await node.log()).split('\n').filter((line) => line.includes('"msg":"decision"'));
      return lines.some((line) => line.includes('network/confined-peers') && line.includes('"outcome":"allowed"'));
    },
    { timeoutMs: 20_000 },
  );
});

t.test('upgraded to enforce: denied from then on, the registration stays, and no request is lost', async (t) => {
  const before = await registration();
  const loop = release.applyInLoop();
  const outcome = await upgrade('--reuse-values', '--set=mode=enforce');
  t.equal(outcome.code, 0, outcome.stderr);
  await untilDenied(t);
  const { attempts, failures } = await loop.stop();
  t.same(failures, [], `${attempts} good policies were applied while the servers were replaced`);
  t.ok(attempts > 5);
  const after = await registration();
  t.equal(after?.metadata.uid, before?.metadata.uid, 'updated in place');
  t.equal(after?.metadata.annotations['helm.sh/resource-policy'], 'keep');
  t.equal(
    after?.webhooks.every(({ failurePolicy }) => failurePolicy === 'Fail'),
    true,
  );
  t.ok(
    after?.webhooks.every(({ clientConfig }) => clientConfig.caBundle !== undefined),
    'the CA is still there',
  );
  await waitFor(
    'the old servers to go',
    async () => (await modesOfServers()).every((mode) => mode === '--mode=enforce'),
    {
      timeoutMs: 60_000,
    },
  );
  await t.test('objects get their tenant label', async (t) => {
    const created = await cluster.apply([pod(acmeDev, 'labelled')], {
      ...asAcme,
      args: ['--output=json'],
      dryRun: true,
    });
    const { metadata } = JSON.parse(expectSuccess(created)) as KubernetesObject;
    t.match(metadata.labels, { 'tenantgate.dev/tenant': 'acme' });
  });
  const kubeSystem = networkPolicy('kube-system', 'platform', everyNamespace);
  expectSuccess(await cluster.apply([kubeSystem], { dryRun: true }));
});

t.test('policies come in without a restart, all or nothing', async (t) => {
  const pids = node.pods().map(({ pid }) => pid);
  expectSuccess(await upgrade('--reuse-values', '--set=policies.topics={pods,namespaces,flux}'));
  await untilAdmitted();
  t.same(
    node.pods().map(({ pid }) => pid),
    pids,
    'the same processes',
  );
  expectSuccess(await upgrade('--reuse-values', '--set=policies.topics={flux,namespaces,network,pods}'));
  await untilDenied(t);
});

t.test('an upgrade whose servers do not start leaves the old ones in force, and a rollback mends it', async (t) => {
  const bad = await upgrade(
    '--reuse-values',
    '--set=tenancy.cluster.pods={10.0.0.1/8}',
    '--set=server.maxInFlight=300',
    '--timeout=15s',
  );
  t.not(bad.code, 0, 'helm says that it is not done');
  await untilDenied(t);
  t.equal((await tryGoodPolicy()).code, 0);
  t.match(await node.log(), /10\.0\.0\.1\/8.*policies not reloaded; the old set stays in force/);
  expectSuccess(await release.rollback());
  await untilDenied(t);
});

t.test('rolled back to the first revision: mode audit again, and still registered', async (t) => {
  const before = await registration();
  expectSuccess(await release.rollback('1'));
  await untilAdmitted();
  const after = await registration();
  t.equal(after?.metadata.uid, before?.metadata.uid, 'never gone, not for a moment');
  expectSuccess(await upgrade('--reuse-values', '--set=mode=enforce'));
  await untilDenied(t);
});

t.test('a webhook without servers refuses, and the documented command frees the cluster', async (t) => {
  expectSuccess(await cluster.kubectl(['scale', 'deployment/tenantgate', `--namespace=${namespace}`, '--replicas=0']));
  await waitFor('the servers to go', () => Promise.resolve(node.pods().length === 0), { timeoutMs: 30_000 });
  const { stderr } = await tryGoodPolicy();
  t.match(stderr, /failed calling webhook "(mutate|validate)\.tenantgate\.dev"/);
  const configurations = 'validatingwebhookconfiguration,mutatingwebhookconfiguration';
  expectSuccess(await cluster.kubectl(['delete', configurations, 'tenantgate']));
  await waitFor('good policies to be admitted', async () => (await tryGoodPolicy()).code === 0, { timeoutMs: 20_000 });
  const outcome = await upgrade('--reuse-values', '--force-conflicts');
  t.equal(outcome.code, 0, outcome.stderr);
  await untilDenied(t);
});

t.test('uninstalled: the registration goes first, nothing is left, and nothing is denied', async (t) => {
  const outcome = await release.uninstall('--wait');
  t.equal(outcome.code, 0, outcome.stderr);
  await untilAdmitted();
  t.equal(await registration('validating'), undefined);
  t.equal(await registration('mutating'), undefined);
  const deletions = (await cluster.readAuditLog())
    .filter(({ verb }) => verb === 'delete')
    .map(({ objectRef }) => `${objectRef?.resource ?? ''}/${objectRef?.name ?? ''}`);
  t.ok(
    deletions.lastIndexOf('validatingwebhookconfigurations/tenantgate') <
      deletions.lastIndexOf('deployments/tenantgate'),
    'the servers are there until the registration is gone',
  );
  const kinds =
    'all,configmaps,secrets,serviceaccounts,roles,rolebindings,networkpolicies,poddisruptionbudgets,certificates,issuers';
  const get = ['get', kinds, `--namespace=${namespace}`, '-l', 'app.kubernetes.io/part-of=tenantgate', '--output=name'];
  // Pods go a moment after their Deployment.
  await waitFor('everything of it to go', async () => expectSuccess(await cluster.kubectl(get)) === '', {
    timeoutMs: 30_000,
  });
  const scoped = [
    'get',
    'clusterroles,clusterrolebindings',
    '-l',
    'app.kubernetes.io/part-of=tenantgate',
    '--output=name',
  ];
  t.equal(expectSuccess(await cluster.kubectl(scoped)), '');
});
