import { X509Certificate } from 'node:crypto';
import t, { type Test } from 'tap';

import { certificatesOf } from '../../../src/admission/registration/ca-bundle.ts';
import { startCertManager } from '../cert-manager.ts';
import { issueCertificate, type Certificate } from '../certificates.ts';
import { webhookClient } from '../credentials.ts';
import { httpProbe } from '../http-probe.ts';
import { expectSuccess } from '../kubectl.ts';
import { configMap } from '../manifests.ts';
import { startNode } from '../node/node.ts';
import { servedCertificate, statusOf } from '../node/tls-probe.ts';
import { requireAddons } from '../require-addons.ts';
import { connectControlPlane } from '../session.ts';
import { createTenants } from '../tenants.ts';
import { waitFor } from '../wait-for.ts';
import { releaseNamespace as namespace, releaseOn } from './release.ts';

/**
 * The real cert-manager renews what the chart asked it for, while a tenant applies in a loop against the fail-closed webhook.
 * What has changed reaches the pods seconds later, as with a kubelet: cainjector is always the first.
 */
const mountLagMs = 3_000;
const within = { timeoutMs: 60_000 };
const [servingPort, metricsPort] = [8443, 8080];

const cluster = await connectControlPlane();
const addons = requireAddons(t, cluster);
const certManager = await startCertManager(cluster, addons);
t.teardown(() => certManager.stop());
const { acmeDev, asAcme } = await createTenants(cluster, 'renewal');
const release = releaseOn(cluster, addons, { namespace: acmeDev, as: asAcme });
const node = await startNode(cluster, namespace, { mountLagMs });
t.teardown(() => node.stop());
t.teardown(() => release.uninstall('--wait'));

/** As `cmctl renew`: the controller issues at once what bears this condition. */
async function renew(certificate: string): Promise<void> {
  const get = ['get', 'certificate', certificate, `--namespace=${namespace}`, '--output=json'];
  const { status } = JSON.parse(expectSuccess(await cluster.kubectl(get))) as {
    readonly status: { readonly conditions: readonly { readonly type: string }[] };
  };
  const issuing = {
    type: 'Issuing',
    status: 'True',
    reason: 'ManuallyTriggered',
    message: 'asked for by a test',
    lastTransitionTime: new Date().toISOString(),
  };
  const patch = { status: { conditions: [...status.conditions.filter(({ type }) => type !== 'Issuing'), issuing] } };
  expectSuccess(
    await cluster.kubectl([
      'patch',
      'certificate',
      certificate,
      `--namespace=${namespace}`,
      '--subresource=status',
      '--type=merge',
      `--patch=${JSON.stringify(patch)}`,
    ]),
  );
}

async function secretOf(name: string): Promise<Readonly<Record<string, string>>> {
  const get = ['get', 'secret', name, `--namespace=${namespace}`, '--output=json'];
  const { data } = JSON.parse(expectSuccess(await cluster.kubectl(get))) as { readonly data: Record<string, string> };
  return data;
}

async function certificateIn(secret: string): Promise<X509Certificate> {
  return new X509Certificate(Buffer.from((await secretOf(secret))['tls.crt'] ?? '', 'base64'));
}

/** Renews a Certificate and waits until its Secret has the new one. */
async function renewed(certificate: string, secret: string): Promise<X509Certificate> {
  const before = await certificateIn(secret);
  await renew(certificate);
  return waitFor(
    `a new certificate in Secret ${secret}`,
    async () => {
      const now = await certificateIn(secret);
      return now.fingerprint256 !== before.fingerprint256 && now;
    },
    within,
  );
}

const servers = () => node.pods().filter(({ isReady }) => isReady);

function fingerprints(): Promise<readonly string[]> {
  return Promise.all(
    servers().map(async ({ address }) => (await servedCertificate(address, servingPort)).fingerprint256),
  );
}

async function untilServed(certificate: X509Certificate): Promise<void> {
  await waitFor(
    'every server to show the new certificate',
    async () => (await fingerprints()).every((one) => one === certificate.fingerprint256),
    within,
  );
}

/** The bundle that API servers have, when it holds the CA's certificate. */
async function untilTrusted(ca: X509Certificate): Promise<void> {
  await waitFor(
    'the new CA in every caBundle',
    async () => {
      const [validating, mutating] = await Promise.all([
        release.registration('validating'),
        release.registration('mutating'),
      ]);
      const webhooks = [...(validating?.webhooks ?? []), ...(mutating?.webhooks ?? [])];
      // cainjector adds new CAs to those before.
      return webhooks.every(({ clientConfig: { caBundle = '' } }) =>
        certificatesOf(caBundle).some(({ fingerprint256 }) => fingerprint256 === ca.fingerprint256),
      );
    },
    within,
  );
}

async function withoutFailure(t: Test, change: () => Promise<void>): Promise<void> {
  const loop = release.applyInLoop();
  await change().finally(() => loop.stop());
  const { attempts, failures } = await loop.stop();
  t.ok(attempts > 3, `${attempts} requests`);
  t.same(failures, [], `none of ${attempts} requests failed`);
}

async function detailsOfCertificate(): Promise<readonly string[]> {
  const answers = await Promise.all(
    servers().map(({ address }) => httpProbe(`http://${address}:${metricsPort}/readyz`)),
  );
  return answers.map((answer) => {
    const { checks } = JSON.parse(answer?.body ?? '{"checks":[]}') as {
      readonly checks: readonly { readonly name: string; readonly detail: string }[];
    };
    return checks.find(({ name }) => name === 'certificate')?.detail ?? '';
  });
}

t.before(async () => {
  await release.makeRoom();
  const outcome = await release.install('--set=mode=enforce');
  expectSuccess(outcome);
  await certManager.untilInjected('validatingwebhookconfiguration', 'tenantgate');
  await certManager.untilInjected('mutatingwebhookconfiguration', 'tenantgate');
  await waitFor('a broad policy to be denied', async () => (await release.tryBroadPolicy()).code !== 0, within);
});

t.test('a new key and certificate', async (t) => {
  t.equal(servers().length, 2);
  const before = await certificateIn('tenantgate-tls');
  await withoutFailure(t, async () => {
    const after = await renewed('tenantgate', 'tenantgate-tls');
    t.notOk(after.publicKey.equals(before.publicKey), 'the key is a new one too');
    await untilServed(after);
  });
});

t.test('a new CA, and then a certificate by it', async (t) => {
  const before = await certificateIn('tenantgate-ca');
  await withoutFailure(t, async () => {
    const ca = await renewed('tenantgate-ca', 'tenantgate-ca');
    t.ok(ca.publicKey.equals(before.publicKey), 'both trust what either has signed');
    const leaf = await renewed('tenantgate', 'tenantgate-tls');
    await untilTrusted(ca);
    t.notOk((await fingerprints()).includes(leaf.fingerprint256), 'the servers still show what the old CA has signed');
    t.equal((await release.tryGoodPolicy()).code, 0);
    await untilServed(leaf);
  });
});

t.test('a new CA with a new key, and then a certificate by it', async (t) => {
  const before = await certificateIn('tenantgate-ca');
  await withoutFailure(t, async () => {
    expectSuccess(await cluster.kubectl(['delete', 'secret', 'tenantgate-ca', `--namespace=${namespace}`]));
    const ca = await waitFor('a new CA', () => certificateIn('tenantgate-ca').catch(() => undefined), within);
    t.notOk(ca.publicKey.equals(before.publicKey));
    const leaf = await renewed('tenantgate', 'tenantgate-tls');
    await untilTrusted(ca);
    await untilServed(leaf);
  });
});

t.test('a key that does not fit: what is in force stays, every server says so, and it ends by itself', async (t) => {
  const [inForce, other] = [await secretOf('tenantgate-tls'), await secretOf('tenantgate-ca')];
  const before = await fingerprints();
  await certManager.stop();
  await withoutFailure(t, async () => {
    const write = async (key: string | undefined): Promise<void> => {
      const patch = `--patch=${JSON.stringify({ data: { 'tls.key': key } })}`;
      expectSuccess(await cluster.kubectl(['patch', 'secret', 'tenantgate-tls', `--namespace=${namespace}`, patch]));
    };
    await write(other['tls.key']);
    await waitFor(
      'every server to say so',
      async () =>
        (await detailsOfCertificate()).every((detail) => detail.includes('its files have changed and are wrong')),
      within,
    );
    t.same(await fingerprints(), before);
    await write(inForce['tls.key']);
    await waitFor(
      'every server to be content again',
      async () =>
        (await detailsOfCertificate()).every((detail) => !detail.includes('its files have changed and are wrong')),
      within,
    );
    t.same(await fingerprints(), before);
  });
  t.match(await node.log(), /"level":"error".*certificate not reloaded/);
});

t.test(
  'client certificates: the API server shows the one that it is configured with, and nobody else is heard',
  async (t) => {
    const name = 'api-server-client-ca';
    expectSuccess(await cluster.apply([configMap(namespace, name, { 'ca.crt': cluster.ca.certificatePem })]));
    await withoutFailure(t, async () => {
      const values = [`mtls.clientCA.name=${name}`, `mtls.clientNames={${webhookClient.commonName}}`];
      const sets = ['mtls.enabled=true', ...values].map((value) => `--set=${value}`);
      expectSuccess(await release.upgrade('--reuse-values', ...sets));
      await waitFor('the servers before to go', () => Promise.resolve(node.pods().length === 2), within);
    });
    t.match((await release.tryBroadPolicy()).stderr, 'network/confined-peers');
    const [expected, other] = await Promise.all(
      [webhookClient.commonName, 'somebody'].map((commonName) =>
        issueCertificate(cluster.ca, { commonName, usages: ['client'] }),
      ),
    );
    for (const { address } of servers()) {
      const ask = (client?: Certificate) => statusOf(address, servingPort, '/healthz', client);
      t.same([await ask(expected), await ask(other), await ask()], [200, undefined, undefined]);
    }
  },
);
