import { X509Certificate } from 'node:crypto';
import { test } from 'tap';

import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { checkServingCertificate } from '../../src/server/serving-certificate.ts';

void test('the certificate serves this machine and the given names for 30 days, signed by its CA', async (t) => {
  const now = new Date('2030-01-01T00:00:00Z');
  const name = 'tenantgate.tenantgate-system.svc';
  const made = await createDevelopmentCertificate({ now, dnsNames: [name] });
  const ca = new X509Certificate(made.caCertificate);
  const leaf = new X509Certificate(made.certificate);
  t.ok(ca.ca);
  t.notOk(leaf.ca);
  t.ok(leaf.checkIssued(ca));
  t.ok(leaf.verify(ca.publicKey));
  t.equal(leaf.checkHost('localhost'), 'localhost');
  t.equal(leaf.checkHost(name), name);
  t.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1');
  t.equal(leaf.checkIP('::1'), '::1');
  t.equal(leaf.checkHost('example.com'), undefined);
  t.equal(leaf.publicKey.asymmetricKeyType, 'ec');
  t.equal(leaf.validToDate.toISOString(), '2030-01-31T00:00:00.000Z');
  t.equal(Buffer.from(made.caBundle, 'base64').toString(), made.caCertificate);
  t.ok(checkServingCertificate(made, now).ok);
});

void test('each call makes another CA', async (t) => {
  const now = new Date();
  const [one, other] = await Promise.all([
    createDevelopmentCertificate({ now }),
    createDevelopmentCertificate({ now }),
  ]);
  t.not(one.caCertificate, other.caCertificate);
});
