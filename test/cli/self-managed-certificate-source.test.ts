import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { test, type Test } from 'tap';

import { openServingCertificate } from '../../src/cli/open-serving-certificate.ts';
import type { ServingCertificateSource } from '../../src/cli/serving-certificate-source.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import type { TlsMaterial } from '../../src/server/serving-certificate.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { startFakeApiServer, type FakeApiServer } from '../kubernetes/fake-api-server.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';

const secretPath = '/api/v1/namespaces/system/secrets/tls';
const registration = '/apis/admissionregistration.k8s.io/v1';
const configurationPaths = ['validating', 'mutating'].map(
  (kind) => `${registration}/${kind}webhookconfigurations/gate`,
);
const within = { timeoutMs: 30_000, intervalMs: 10 };
const timing = { pollMs: 20, handoverMs: 100, makePauseMs: 50 };

const [first, second] = (await Promise.all(
  [1, 2].map(() => createDevelopmentCertificate({ now: new Date() }).then(({ caCertificate }) => caCertificate)),
)) as [string, string];

function fill(server: FakeApiServer): void {
  server.objects.set(secretPath, { kind: 'Secret', metadata: { resourceVersion: '1' } });
  for (const path of configurationPaths)
    server.objects.set(path, { metadata: { resourceVersion: '1' }, webhooks: [{ name: 'a', clientConfig: {} }] });
}

/** A source as `serve` opens it, and what it has handed to the listener. */
async function open(t: Test, server: FakeApiServer, clientCaFile?: string) {
  const log = fakeOperationLog();
  const installed: TlsMaterial[] = [];
  const counts: string[] = [];
  const source = await openServingCertificate(
    {
      cluster: { kubeconfig: server.kubeconfig },
      tls: {
        files: undefined,
        selfManaged: { secret: { namespace: 'system', name: 'tls' }, webhookConfiguration: 'gate' },
        hosts: ['gate.system.svc'],
        clientCaFile,
        clientNames: [],
        minVersion: '1.3',
      },
    },
    {
      install: (material) => void installed.push(material),
      count: (result) => void counts.push(result),
      log,
      now: () => new Date(),
      timing,
    },
  );
  if (typeof source !== 'string') t.teardown(() => source.stop());
  return { source, log, installed, counts };
}

function opened({ source }: { readonly source: ServingCertificateSource | string }): ServingCertificateSource {
  if (typeof source === 'string') throw new Error(source);
  return source;
}

const soon = () => AbortSignal.timeout(30_000);

void test('two servers wait for the Secret, share one certificate, and make it known', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  const sources = [opened(await open(t, server)), opened(await open(t, server))] as const;
  await waitFor(
    'the message',
    () => sources.every((source) => source.detail().includes('does not exist: the Helm')),
    within,
  );
  for (const source of sources) {
    t.notOk(source.isAvailable());
    t.equal(source.expiry(), undefined);
    t.throws(() => source.material());
    await t.rejects(source.available(AbortSignal.abort()), 'a stop ends the wait');
  }
  fill(server);
  await Promise.all(sources.map((source) => source.available(soon())));
  const [material, other] = sources.map((source) => source.material());
  t.match(material, { certificate: other?.certificate, key: other?.key, clientCa: undefined });
  const leaf = new X509Certificate(material?.certificate ?? '');
  t.equal(leaf.checkHost('gate.system.svc'), 'gate.system.svc');
  t.equal(sources[0].expiry()?.getTime(), leaf.validToDate.getTime());
  t.equal(sources[0].caCertificate, undefined);
  await waitFor(
    'the bundles',
    () => configurationPaths.every((path) => JSON.stringify(server.objects.get(path)).includes('"caBundle":"LS0t')),
    within,
  );
  for (const source of sources)
    await waitFor('order', () => /^\S+ is valid until \S+ renewed from \S+ on$/.test(source.detail()), within);
});

void test('a renewal is installed in all servers, over HTTP as it is', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  fill(server);
  const both = [await open(t, server), await open(t, server)] as const;
  await Promise.all(both.map((one) => opened(one).available(soon())));
  const before = opened(both[0]).material().certificate;
  await waitFor('order', () => /renewed from \S+ on$/.test(opened(both[0]).detail()), within);
  server.objects.set(secretPath, { kind: 'Secret', metadata: { resourceVersion: '1000' } });
  for (const { installed } of both)
    await waitFor('the new certificate', () => installed.at(-1)?.certificate !== before, within);
  t.equal(both[0].installed.at(-1)?.certificate, both[1].installed.at(-1)?.certificate);
  for (const { counts } of both) t.ok(counts.includes('success'));
});

void test('callers are bound by a client CA beside a certificate of its own, and it is followed', async (t) => {
  const folder = t.testdir({ 'ca.crt': first });
  const server = await startFakeApiServer(t, folder);
  fill(server);
  const path = join(folder, 'ca.crt');
  const running = await open(t, server, path);
  const source = opened(running);
  await source.available(soon());
  t.equal(source.material().clientCa, first);
  t.match(running.installed, [{ clientCa: first }]);
  writeFileSync(path, second);
  await waitFor('the second CA', () => source.material().clientCa === second, within);
  t.match(running.installed.at(-1), { certificate: source.material().certificate, clientCa: second });
  writeFileSync(path, 'nonsense');
  await waitFor('the fault', () => source.detail().includes('not usable PEM'), within);
  t.equal(source.material().clientCa, second);
  t.strictSame(running.counts, ['success', 'failure']);
  t.match(
    running.log.lines.map(({ message }) => message).filter((message) => message.startsWith('client CA')),
    ['client CA reloaded', 'client CA not reloaded; the old one stays in force'],
  );
});

void test('a client CA that changes before there is a certificate waits for it', async (t) => {
  const folder = t.testdir({ 'ca.crt': first });
  const server = await startFakeApiServer(t, folder);
  const path = join(folder, 'ca.crt');
  const running = await open(t, server, path);
  writeFileSync(path, second);
  await waitFor('the second CA', () => running.counts.includes('success'), within);
  t.strictSame(running.installed, []);
  fill(server);
  await opened(running).available(soon());
  t.equal(opened(running).material().clientCa, second);
});

void test('what can never work ends the start with its reason', async (t) => {
  const folder = t.testdir({ 'ca.crt': 'nonsense', kubeconfig: 'nonsense: [' });
  const server = await startFakeApiServer(t, folder);
  t.match((await open(t, server, join(folder, 'ca.crt'))).source, /client CA in .* is not usable PEM/);
  t.match((await open(t, { ...server, kubeconfig: join(folder, 'missing') })).source, /^--kubeconfig: .*ENOENT/);
});

void test('after the stop nothing is asked any more', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  fill(server);
  const source = opened(await open(t, server));
  await source.available(soon());
  await source.stop();
  const { length } = server.requests;
  await delay(100);
  t.equal(server.requests.length, length);
});
