import 'reflect-metadata';
import { randomBytes, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;

export interface KeyPairPem {
  readonly publicKeyPem: string;
  readonly privateKeyPem: string;
}

export interface Certificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

export type CertificateAuthority = Certificate;

export interface CertificateRequest {
  readonly commonName: string;
  /** Kubernetes reads the organizations of a client certificate as groups. */
  readonly organizations?: readonly string[];
  readonly dnsNames?: readonly string[];
  readonly ipAddresses?: readonly string[];
  readonly usages: readonly ('server' | 'client')[];
  /** Negative for a certificate that has already expired. */
  readonly validForDays?: number;
}

/** Makes a certificate authority that lives as long as a test run. */
export async function makeCa(commonName = 'tenantgate test CA'): Promise<CertificateAuthority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...certificateFrame(1),
    name: [{ CN: [commonName] }],
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: pem(certificate), privateKeyPem: await privateKeyToPem(keys.privateKey) };
}

/** Issues a certificate with a key of its own, signed by the authority. */
export async function issueCertificate(ca: CertificateAuthority, request: CertificateRequest): Promise<Certificate> {
  const [keys, signingKey] = await Promise.all([generateKeys(), importPrivateKey(ca.privateKeyPem)]);
  const issuer = new x509.X509Certificate(ca.certificatePem);
  const certificate = await x509.X509CertificateGenerator.create({
    ...certificateFrame(request.validForDays ?? 1),
    subject: [...(request.organizations ?? []).map((name) => ({ O: [name] })), { CN: [request.commonName] }],
    issuer: issuer.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(request.usages.map((usage) => x509.ExtendedKeyUsage[`${usage}Auth`])),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      ...alternativeNames(request),
    ],
  });
  return { certificatePem: pem(certificate), privateKeyPem: await privateKeyToPem(keys.privateKey) };
}

/** Makes the key pair that signs and verifies service account tokens. */
export async function makeKeyPair(): Promise<KeyPairPem> {
  const keys = await generateKeys();
  const publicKey = await webcrypto.subtle.exportKey('spki', keys.publicKey);
  return {
    publicKeyPem: x509.PemConverter.encode(publicKey, 'PUBLIC KEY'),
    privateKeyPem: await privateKeyToPem(keys.privateKey),
  };
}

function certificateFrame(validForDays: number) {
  const now = Date.now();
  const notAfter = now + validForDays * DAY_MS;
  return {
    // A leading 01 keeps the number positive and of full length (RFC 5280, 4.1.2.2).
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    notBefore: new Date(Math.min(now, notAfter) - DAY_MS),
    notAfter: new Date(notAfter),
    signingAlgorithm: ALGORITHM,
  };
}

function alternativeNames(request: CertificateRequest): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...(request.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(request.ipAddresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
}

function importPrivateKey(privateKeyPem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(privateKeyPem);
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

async function privateKeyToPem(key: webcrypto.CryptoKey): Promise<string> {
  return `${x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY')}\n`;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`;
}
