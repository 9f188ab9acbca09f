import 'reflect-metadata';
import { webcrypto } from 'node:crypto';

import * as x509 from '@peculiar/x509';
import { test } from 'tap';

import { caBundleFaults } from '../../../src/admission/registration/ca-bundle.ts';
import { issueCertificate, makeCa, type CertificateAuthority } from '../../cluster/certificates.ts';

const host = 'tenantgate.tenantgate-system.svc';
const now = new Date();
const dayMs = 86_400_000;
const base64 = (...pems: readonly string[]) => Buffer.from(pems.join('')).toString('base64');

const [ca, other] = await Promise.all([makeCa('our CA'), makeCa('other CA')]);
const issue = async (from: CertificateAuthority, over: Partial<Parameters<typeof issueCertificate>[1]> = {}) =>
  (await issueCertificate(from, { commonName: host, dnsNames: [host], usages: ['server'], ...over })).certificatePem;
const leaf = await issue(ca);

/** A certificate of our own making: what the helper for tests does not issue. */
async function craft(options: {
  readonly issuer: CertificateAuthority;
  readonly extensions: x509.Extension[];
  readonly subject: string;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}): Promise<CertificateAuthority> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const der = x509.PemConverter.decodeFirst(options.issuer.privateKeyPem);
  const certificate = await x509.X509CertificateGenerator.create({
    signingAlgorithm: algorithm,
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + dayMs),
    ...options,
    issuer: new x509.X509Certificate(options.issuer.certificatePem).subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey: await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']),
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: x509.PemConverter.encode(key, 'PRIVATE KEY'),
  };
}

const isCa = new x509.BasicConstraintsExtension(true, undefined, true);
const forHost = new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: host }]);
const expiredTimes = { notBefore: new Date(now.getTime() - 2 * dayMs), notAfter: new Date(now.getTime() - dayMs) };

const codes = (caBundle: string, served: string | undefined, at = now) =>
  caBundleFaults({ caBundle, served, host, now: at }).map(({ code }) => code);

test('the CA that signed what is served is what the API server needs, alone or among others', (t) => {
  t.strictSame(codes(base64(ca.certificatePem), leaf), []);
  t.strictSame(codes(base64(other.certificatePem, ca.certificatePem), leaf), []);
  t.strictSame(codes(base64('# our CA\n', ca.certificatePem), leaf), [], 'text around it is left out');
  t.strictSame(codes(base64(leaf), leaf), [], 'a certificate may be trusted itself');
  t.end();
});

test('what is no bundle is told from one that is empty', (t) => {
  t.strictSame(codes('', leaf), ['ca-bundle-missing']);
  t.strictSame(codes('%%%', leaf), ['ca-bundle-unreadable']);
  t.strictSame(codes(base64('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'), leaf), [
    'ca-bundle-unreadable',
  ]);
  t.strictSame(codes(base64(ca.certificatePem.repeat(1_000)), leaf), ['ca-bundle-unreadable'], 'too large to be one');
  t.end();
});

test('another CA, even of the same name, verifies nothing', async (t) => {
  t.strictSame(codes(base64(other.certificatePem), leaf), ['ca-bundle-mismatch']);
  const twin = await makeCa('our CA');
  t.strictSame(codes(base64(twin.certificatePem), leaf), ['ca-bundle-mismatch'], 'names are not keys');
  t.match(caBundleFaults({ caBundle: base64(twin.certificatePem), served: leaf, host, now }), [
    { message: 'holds no certificate that signed the one that is served, which "CN=our CA" issued' },
  ]);
});

test('an intermediate that is served leads to the CA; one that is not, does not', async (t) => {
  const middle = await craft({ issuer: ca, subject: 'CN=middle', extensions: [isCa] });
  const below = await issue(middle);
  t.strictSame(codes(base64(ca.certificatePem), below + middle.certificatePem), []);
  t.strictSame(codes(base64(ca.certificatePem), below), ['ca-bundle-mismatch']);
  t.strictSame(codes(base64(middle.certificatePem), below), [], 'an intermediate may be what is trusted');
  const noCa = await craft({ issuer: ca, subject: 'CN=middle', extensions: [] });
  const forged = await issue(noCa);
  t.strictSame(codes(base64(ca.certificatePem), forged + noCa.certificatePem), ['ca-bundle-mismatch'], 'it is no CA');
  const old = await craft({ issuer: ca, subject: 'CN=old', extensions: [isCa], ...expiredTimes });
  t.strictSame(codes(base64(ca.certificatePem), (await issue(old)) + old.certificatePem), ['certificate-expired']);
});

test('a chain is followed to its end, and no further than it goes', async (t) => {
  let pem = '';
  let above: CertificateAuthority = ca;
  for (let length = 0; length < 9; length += 1) {
    above = await craft({ issuer: above, subject: `CN=step ${length}`, extensions: [isCa] });
    pem = above.certificatePem + pem;
    if (length === 1) t.strictSame(codes(base64(ca.certificatePem), (await issue(above)) + pem), []);
  }
  t.strictSame(codes(base64(ca.certificatePem), (await issue(above)) + pem), ['ca-bundle-mismatch']);
});

test('times count for the CA and for what is served', async (t) => {
  const inTwoDays = new Date(now.getTime() + 2 * dayMs);
  t.strictSame(
    codes(base64(ca.certificatePem), leaf, inTwoDays),
    ['ca-bundle-expired'],
    'nothing in it is in its time',
  );
  t.strictSame(codes(base64(ca.certificatePem), undefined, inTwoDays), ['ca-bundle-expired'], 'served or not');
  t.strictSame(codes(base64(ca.certificatePem), undefined), []);
  t.strictSame(codes(base64(other.certificatePem), leaf, inTwoDays), ['ca-bundle-expired']);
  t.strictSame(
    codes(base64(ca.certificatePem), leaf, new Date(now.getTime() - 3 * dayMs)),
    ['ca-bundle-expired'],
    'too early',
  );
  const expired = await issue(ca, { validForDays: -1 });
  const [fault] = caBundleFaults({ caBundle: base64(ca.certificatePem), served: expired, host, now });
  t.equal(fault?.code, 'certificate-expired');
  t.match(
    fault?.message,
    /^cannot be called: what is served is outside its time: "CN=tenantgate\..*" is valid from .*Z to .*Z$/,
  );
  const oldCa = await craft({ issuer: other, subject: 'CN=old CA', extensions: [isCa], ...expiredTimes });
  const fromOld = await issue(oldCa);
  t.strictSame(
    codes(base64(oldCa.certificatePem, ca.certificatePem), fromOld),
    ['ca-bundle-expired'],
    'the one that would do',
  );
});

test('the name that the API server asks for must be among the DNS names; the common name does not count', async (t) => {
  const bundle = base64(ca.certificatePem);
  t.strictSame(codes(bundle, await issue(ca, { dnsNames: [] })), ['certificate-name']);
  t.strictSame(codes(bundle, await issue(ca, { dnsNames: ['tenantgate.tenantgate-system'] })), ['certificate-name']);
  t.strictSame(codes(bundle, await issue(ca, { dnsNames: ['*.tenantgate-system.svc'] })), []);
  t.strictSame(codes(bundle, await issue(ca, { dnsNames: ['tenant*.tenantgate-system.svc'] })), ['certificate-name']);
  const [fault] = caBundleFaults({ caBundle: bundle, served: await issue(ca, { dnsNames: ['a.b'] }), host, now });
  t.equal(
    fault?.message,
    `cannot be called: the certificate that is served is for DNS:a.b, and the API server asks for ${host}`,
  );
});

test('a certificate for clients only is none for servers; one that says nothing is', async (t) => {
  const bundle = base64(ca.certificatePem);
  t.strictSame(codes(bundle, await issue(ca, { usages: ['client'] })), ['certificate-usage']);
  const anything = await craft({ issuer: ca, subject: 'CN=a', extensions: [forHost] });
  t.strictSame(codes(bundle, anything.certificatePem), []);
  const any = await craft({
    issuer: ca,
    subject: 'CN=a',
    extensions: [forHost, new x509.ExtendedKeyUsageExtension(['2.5.29.37.0'])],
  });
  t.strictSame(codes(bundle, any.certificatePem), []);
});
