import { webcrypto } from 'node:crypto';

import type * as CertificateLibrary from '@peculiar/x509';

export interface DevelopmentCertificateOptions {
  readonly now: Date;
  /** Names besides `localhost`, such as `tenantgate.tenantgate-system.svc`. */
  readonly dnsNames?: readonly string[];
}

/** A throw-away CA and a serving certificate of it, as PEM. The CA's key is forgotten at once. */
export interface DevelopmentCertificate {
  readonly caCertificate: string;
  readonly certificate: string;
  readonly key: string;
  /** The CA as a webhook registration takes it: base64 of its PEM. */
  readonly caBundle: string;
}

const validDays = 30;
/** The other side's clock may be a little behind. */
const clockSkewMs = 300_000;
const dayMs = 86_400_000;
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** Makes a CA and a serving certificate for this machine and the given names: ECDSA P-256, valid for 30 days. */
export async function createDevelopmentCertificate(
  options: DevelopmentCertificateOptions,
): Promise<DevelopmentCertificate> {
  const x509 = await loadCertificateLibrary();
  const validity = {
    notBefore: new Date(options.now.getTime() - clockSkewMs),
    notAfter: new Date(options.now.getTime() + validDays * dayMs),
  };
  const caKeys = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: 'CN=Tenantgate development CA',
    keys: caKeys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const leaf = await x509.X509CertificateGenerator.create({
    ...validity,
    issuer: ca.subject,
    subject: 'CN=tenantgate',
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(alternativeNames(options.dnsNames ?? [])),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  const caCertificate = pemText(ca.toString('pem'));
  return {
    caCertificate,
    certificate: pemText(leaf.toString('pem')),
    key: pemText(x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')),
    caBundle: Buffer.from(caCertificate).toString('base64'),
  };
}

/** Loaded when needed: it costs a tenth of a second that a server with certificate files need not pay. */
async function loadCertificateLibrary(): Promise<typeof CertificateLibrary> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function alternativeNames(dnsNames: readonly string[]): { type: 'dns' | 'ip'; value: string }[] {
  const names = ['localhost', ...dnsNames].map((value) => ({ type: 'dns' as const, value }));
  return [...names, { type: 'ip', value: '127.0.0.1' }, { type: 'ip', value: '::1' }];
}

function pemText(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
