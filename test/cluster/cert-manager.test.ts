import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { startCertManager } from './cert-manager.ts';
import { type KubernetesObject } from './cluster.ts';
import { expectSuccess } from './kubectl.ts';
import { requireAddons } from './require-addons.ts';
import { connectControlPlane } from './session.ts';
import { waitFor } from './wait-for.ts';

const cluster = await connectControlPlane();
const addons = requireAddons(t, cluster);
const namespace = 'cert-manager-test';
const certManager = await startCertManager(cluster, addons);
t.teardown(() => certManager.stop());

const of = (kind: string, name: string, spec: object): KubernetesObject => ({
  apiVersion: 'cert-manager.io/v1',
  kind,
  metadata: { name, namespace },
  spec,
});

/** Self-signed issuer → CA → issuer of that CA → leaf, as every webhook's chart has it. */
const chain = [
  of('Issuer', 'self-signed', { selfSigned: {} }),
  of('Certificate', 'ca', { isCA: true, commonName: 'test CA', secretName: 'ca', issuerRef: { name: 'self-signed' } }),
  of('Issuer', 'ca', { ca: { secretName: 'ca' } }),
  of('Certificate', 'leaf', { secretName: 'leaf', dnsNames: ['web.example.svc'], issuerRef: { name: 'ca' } }),
];

/** Decoded; without any key where there is no such Secret. */
async function secret(name: string): Promise<Readonly<Record<string, string>>> {
  const get = ['get', 'secret', name, `--namespace=${namespace}`, '--ignore-not-found', '--output=json'];
  const text = expectSuccess(await cluster.kubectl(get));
  const { data } = JSON.parse(text === '' ? '{"data":{}}' : text) as { data: Record<string, string> };
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  );
}

t.before(async () => {
  expectSuccess(await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }]));
  expectSuccess(await cluster.apply(chain));
  await certManager.untilIssued(namespace, 'leaf');
});

t.test('a leaf certificate is signed by the CA that stands beside it', async (t) => {
  const [ca, leaf] = [await secret('ca'), await secret('leaf')];
  const certificate = new X509Certificate(leaf['tls.crt']!);
  t.equal(leaf['ca.crt'], ca['tls.crt']);
  t.ok(certificate.verify(new X509Certificate(leaf['ca.crt']!).publicKey));
  t.equal(certificate.checkHost('web.example.svc'), 'web.example.svc');
});

t.test('cainjector writes that CA into a webhook configuration', async (t) => {
  const configuration: KubernetesObject = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: namespace, annotations: { 'cert-manager.io/inject-ca-from': `${namespace}/leaf` } },
    webhooks: [
      {
        name: 'never.called.test',
        clientConfig: { url: 'https://127.0.0.1:1/' },
        // No rules: nothing is sent to it.
        rules: [],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  };
  t.teardown(() => cluster.kubectl(['delete', 'validatingwebhookconfiguration', namespace]));
  expectSuccess(await cluster.apply([configuration]));
  const bundle = await certManager.untilInjected('validatingwebhookconfiguration', namespace);
  t.equal(bundle, (await secret('ca'))['tls.crt']);
});

t.test('a Secret that is lost is issued anew', async (t) => {
  const before = await secret('leaf');
  expectSuccess(await cluster.kubectl(['delete', 'secret', 'leaf', `--namespace=${namespace}`]));
  const after = await waitFor('the new Secret', async () => (await secret('leaf'))['tls.crt'], { timeoutMs: 30_000 });
  t.not(after, before['tls.crt']);
});
