import { X509Certificate } from 'node:crypto';
import { test } from 'tap';

import { issueCertificate } from '../../src/server/issue-certificate.ts';

const now = new Date('2030-01-01T00:00:00Z');
const request = {
  now,
  names: ['a.example', '10.0.0.7', 'fd00::7'],
  caName: 'CN=A CA',
  validMs: 3_600_000,
  backdateMs: 60_000,
};

void test('certificate and CA are valid as asked, for the names that were given and no others', async (t) => {
  const issued = await issueCertificate(request);
  const [ca, leaf] = [new X509Certificate(issued.caCertificate), new X509Certificate(issued.certificate)];
  for (const one of [ca, leaf]) {
    t.equal(one.validFromDate.toISOString(), '2029-12-31T23:59:00.000Z');
    t.equal(one.validToDate.toISOString(), '2030-01-01T01:00:00.000Z');
  }
  t.equal(leaf.subjectAltName, 'DNS:a.example, IP Address:10.0.0.7, IP Address:FD00:0:0:0:0:0:0:7');
  t.equal(leaf.checkHost('localhost'), undefined);
  t.equal(ca.subject, 'CN=A CA');
  t.strictSame([ca.ca, leaf.ca, leaf.checkIssued(ca), leaf.verify(ca.publicKey)], [true, false, true, true]);
  t.strictSame(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'for servers only');
});

void test('no two are alike: neither keys nor serial numbers', async (t) => {
  const [one, other] = await Promise.all([issueCertificate(request), issueCertificate(request)]);
  const numbers = [one.caCertificate, one.certificate, other.caCertificate, other.certificate].map(
    (pem) => new X509Certificate(pem).serialNumber,
  );
  t.equal(new Set(numbers).size, 4);
  t.not(one.key, other.key);
});
