import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { test, type Test } from 'tap';

import { openCertificateFiles, type CertificateFilesOptions } from '../../src/server/certificate-files.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import type { CertificateReading, TlsMaterial } from '../../src/server/serving-certificate.ts';
import { mountFolder } from '../support/mounted-folder.ts';
import { listenForTest } from './listening-app.ts';
import { openClient, startLoad } from './tls-client.ts';

const now = new Date();
const first = await createDevelopmentCertificate({ now });
const second = await createDevelopmentCertificate({ now });
const bothCas = `${first.caCertificate}${second.caCertificate}`;

/** Waits for something that must come; the test's own timeout is the bound. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await delay(2);
}

/** A Secret in a folder, as the kubelet mounts it. */
function mountSecret(t: Test, material: TlsMaterial) {
  const filesOf = ({ certificate, key }: TlsMaterial) => ({ 'tls.crt': certificate, 'tls.key': key });
  const mounted = mountFolder(t.testdir({}), filesOf(material));
  return {
    swap: (next: TlsMaterial) => {
      mounted.swap(filesOf(next));
    },
    paths: { certificate: mounted.pathOf('tls.crt'), key: mounted.pathOf('tls.key') },
  };
}

function opened(t: Test, options: CertificateFilesOptions) {
  const opening = openCertificateFiles({ pollMs: 10, ...options });
  if (!opening.ok) throw new Error(opening.error.message);
  t.teardown(() => {
    opening.value.stop();
  });
  return opening.value;
}

void test('files that cannot be served are an error at the start', (t) => {
  const folder = t.testdir({ 'tls.crt': first.certificate, 'tls.key': second.key });
  const paths = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const opening = openCertificateFiles({ paths, install: () => undefined });
  t.match(opening, { ok: false, error: { code: 'certificate-key-mismatch' } });
  t.end();
});

void test('certificates swapped as the kubelet does under load are served to new connections, and nothing fails', async (t) => {
  const secret = mountSecret(t, first);
  const { port, listener } = await listenForTest(t, { material: first });
  const installed: string[] = [];
  const files = opened(t, {
    paths: secret.paths,
    install: (certificate) => {
      listener.useMaterial(certificate);
      installed.push(certificate.fingerprint);
    },
  });
  t.equal(files.current().certificate, first.certificate);
  const load = startLoad(10, () => port, bothCas);
  const lasting = await openClient(port, bothCas);
  await lasting.ask('/validate');
  for (let round = 1; round <= 6; round += 1) {
    secret.swap(round % 2 === 1 ? second : first);
    await until(() => installed.length === round);
    const client = await openClient(port, bothCas);
    t.equal(client.socket.getPeerCertificate().fingerprint256, installed.at(-1), `round ${round}`);
    t.equal((await client.ask('/validate')).statusCode, 200);
    client.socket.destroy();
    const { answered } = load.report;
    await until(() => load.report.answered > answered + 20);
  }
  t.equal((await lasting.ask('/validate')).statusCode, 200, 'a connection outlives six certificates');
  t.not(installed[0], installed[1]);
  t.equal((await load.stop()).lost, 0);
});

void test('a bad pair keeps the old one in force, is reported once, and a good one mends it', async (t) => {
  const secret = mountSecret(t, first);
  const { port, listener } = await listenForTest(t, { material: first });
  const reports: CertificateReading[] = [];
  const files = opened(t, {
    paths: secret.paths,
    install: (certificate) => {
      listener.useMaterial(certificate);
    },
    report: (outcome) => reports.push(outcome),
  });
  const before = files.state();
  t.notOk(before.lastError);
  secret.swap({ certificate: second.certificate, key: first.key });
  await until(() => files.state().lastError !== undefined);
  t.match(files.state(), { fingerprint: before.fingerprint, lastError: { code: 'certificate-key-mismatch' } });
  await delay(50);
  t.equal(reports.length, 1, 'not again at each look');
  const client = await openClient(port, bothCas);
  t.equal(client.socket.getPeerCertificate().fingerprint256, before.fingerprint);
  client.socket.destroy();
  secret.swap(second);
  await until(() => files.state().lastError === undefined);
  t.not(files.state().fingerprint, before.fingerprint);
  t.match(reports, [{ ok: false }, { ok: true, value: { certificate: second.certificate } }]);
});

void test('files written in place one after the other are taken once both are there', async (t) => {
  const folder = t.testdir({ 'tls.crt': first.certificate, 'tls.key': first.key });
  const paths = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const files = opened(t, { paths, install: () => undefined });
  writeFileSync(paths.certificate, second.certificate);
  await delay(30);
  t.equal(files.current().certificate, first.certificate);
  writeFileSync(paths.key, second.key);
  await until(() => files.current().certificate === second.certificate);
  t.equal(files.current().key, second.key);
  rmSync(paths.key);
  await until(() => files.state().lastError?.code === 'certificate-unreadable');
  t.equal(files.current().key, second.key);
});

void test('a new client CA is taken with the pair that did not change', async (t) => {
  const folder = t.testdir({ 'tls.crt': first.certificate, 'tls.key': first.key, 'ca.crt': first.caCertificate });
  const clientCa = join(folder, 'ca.crt');
  const paths = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa };
  const files = opened(t, { paths, install: () => undefined });
  t.equal(files.current().clientCa, first.caCertificate);
  writeFileSync(clientCa, second.caCertificate);
  await until(() => files.current().clientCa === second.caCertificate);
});

void test('a certificate that becomes valid later is taken then, without being written again', async (t) => {
  const later = await createDevelopmentCertificate({ now: new Date(now.getTime() + 3_600_000) });
  const secret = mountSecret(t, first);
  let clock = now;
  const files = opened(t, { paths: secret.paths, install: () => undefined, now: () => clock });
  secret.swap(later);
  await until(() => files.state().lastError?.code === 'certificate-not-yet-valid');
  clock = new Date(now.getTime() + 3_700_000);
  await until(() => files.current().certificate === later.certificate);
});

void test('a certificate that cannot be taken into service leaves the old one in force', async (t) => {
  const secret = mountSecret(t, first);
  const files = opened(t, {
    paths: secret.paths,
    install: () => {
      throw new Error('TLS says no');
    },
  });
  secret.swap(second);
  await until(() => files.state().lastError?.code === 'certificate-not-installed');
  t.equal(files.current().certificate, first.certificate);
  t.match(files.state().lastError?.message, /TLS says no/);
});

void test('after the stop nothing is looked at any more', async (t) => {
  const secret = mountSecret(t, first);
  const files = opened(t, { paths: secret.paths, install: () => undefined });
  files.stop();
  secret.swap(second);
  await delay(50);
  t.equal(files.current().certificate, first.certificate);
});
