import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

import type * as CertificateLibrary from '@peculiar/x509';

export interface CertificateRequest {
  readonly now: Date;
  /** What the serving certificate is for: DNS names and addresses. */
  readonly names: readonly string[];
  /** Distinguished name of the CA, such as `CN=Tenantgate development CA`. */
  readonly caName: string;
  readonly validMs: number;
  /** How long before now both are valid already: the other side's clock may be behind. */
  readonly backdateMs: number;
}

/** A serving certificate and the CA that signed it and nothing else, as PEM. */
export interface IssuedCertificate {
  readonly caCertificate: string;
  readonly certificate: string;
  readonly key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/**
 * Makes a CA and one serving certificate of it, ECDSA P-256. The CA’s private key is never exported and forgotten at the
 * end: whoever trusts this CA trusts this one certificate.
 */
export async function issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
  const x509 = await loadCertificateLibrary();
  const validity = {
    notBefore: new Date(request.now.getTime() - request.backdateMs),
    notAfter: new Date(request.now.getTime() + request.validMs),
  };
  const caKeys = await webcrypto.subtle.generateKey(algorithm, false, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    name: request.caName,
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
      new x509.SubjectAlternativeNameExtension(request.names.map(alternativeName)),
      await x509.AuthorityKeyIdentifierExtension.create(caKeys.publicKey),
    ],
  });
  return {
    caCertificate: pemText(ca.toString('pem')),
    certificate: pemText(leaf.toString('pem')),
    key: pemText(x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY')),
  };
}

/** Loaded when needed: it costs a tenth of a second that a server with certificate files need not pay. */
async function loadCertificateLibrary(): Promise<typeof CertificateLibrary> {
  await import('reflect-metadata');
  return import('@peculiar/x509');
}

function alternativeName(value: string): { readonly type: 'dns' | 'ip'; readonly value: string } {
  return { type: isIP(value) === 0 ? 'dns' : 'ip', value };
}

function pemText(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`;
}
