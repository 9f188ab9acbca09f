import { createPrivateKey, X509Certificate } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** What TLS needs, as PEM. */
export interface TlsMaterial {
  /** The serving certificate, followed by its intermediates. */
  readonly certificate: string;
  readonly key: string;
  /** Clients must show a certificate that one of these signed. */
  readonly clientCa?: string | undefined;
}

/** A checked pair of certificate and key. */
export interface ServingCertificate extends TlsMaterial {
  readonly notAfter: Date;
  /** SHA-256 of the certificate, in upper-case hexadecimal pairs. */
  readonly fingerprint: string;
}

/** Where the PEM files are. */
export interface CertificatePaths {
  readonly certificate: string;
  readonly key: string;
  readonly clientCa?: string | undefined;
}

export type CertificateErrorCode =
  | 'certificate-unreadable'
  | 'certificate-too-large'
  | 'certificate-malformed'
  | 'certificate-key-mismatch'
  | 'certificate-expired'
  | 'certificate-not-yet-valid'
  | 'certificate-not-installed';

export interface CertificateError {
  readonly code: CertificateErrorCode;
  readonly message: string;
}

export type CertificateReading =
  { readonly ok: true; readonly value: ServingCertificate } | { readonly ok: false; readonly error: CertificateError };

/** Parsing PEM takes time that grows with its size, so the size is bounded first (CVE-2024-12401). */
const maxPemBytes = 262_144;

/** Reads certificate, key and client CA together and checks that they can be served. */
export function readServingCertificate(paths: CertificatePaths, now: Date): CertificateReading {
  const certificate = readPem(paths.certificate);
  if (!certificate.ok) return certificate;
  const key = readPem(paths.key);
  if (!key.ok) return key;
  if (paths.clientCa === undefined)
    return checkServingCertificate({ certificate: certificate.text, key: key.text }, now);
  const clientCa = readPem(paths.clientCa);
  if (!clientCa.ok) return clientCa;
  return checkServingCertificate({ certificate: certificate.text, key: key.text, clientCa: clientCa.text }, now);
}

/** A client CA, or why it cannot be used. */
export type ClientCaReading =
  { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: CertificateError };

/** Reads a client CA alone, where certificate and key come from elsewhere. */
export function readClientCa(path: string): ClientCaReading {
  const read = readPem(path);
  if (!read.ok) return read;
  try {
    checkAuthorities(read.text);
    return { ok: true, value: read.text };
  } catch (cause) {
    return failure('certificate-malformed', `The client CA in "${path}" is not usable PEM: ${reasonOf(cause)}.`);
  }
}

/** Checks that the key belongs to the certificate, that it is valid now, and that TLS takes all of it. */
export function checkServingCertificate(material: TlsMaterial, now: Date): CertificateReading {
  try {
    const leaf = new X509Certificate(material.certificate);
    if (!leaf.checkPrivateKey(createPrivateKey(material.key))) {
      return failure(
        'certificate-key-mismatch',
        'The key does not belong to the certificate. Write both from one issue.',
      );
    }
    if (now > leaf.validToDate) {
      return failure('certificate-expired', `The certificate expired on ${leaf.validToDate.toISOString()}. Renew it.`);
    }
    if (now < leaf.validFromDate) {
      const from = leaf.validFromDate.toISOString();
      return failure('certificate-not-yet-valid', `The certificate is valid from ${from} on. Check the clocks.`);
    }
    if (material.clientCa !== undefined) checkAuthorities(material.clientCa);
    createSecureContext({ cert: material.certificate, key: material.key, ca: material.clientCa });
    return { ok: true, value: { ...material, notAfter: leaf.validToDate, fingerprint: leaf.fingerprint256 } };
  } catch (cause) {
    return failure('certificate-malformed', `Certificate, key or client CA is not usable PEM: ${reasonOf(cause)}.`);
  }
}

/** TLS skips what is not a certificate; a client CA that holds none would lock everybody out, or seem to guard. */
function checkAuthorities(bundle: string): void {
  const blocks = bundle.split(/(?<=-----END CERTIFICATE-----)/).filter((block) => block.trim() !== '');
  if (blocks.length === 0) throw new Error('the client CA is empty');
  for (const block of blocks) new X509Certificate(block);
}

type PemReading =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly error: CertificateError };

/** Synchronous on purpose: small files, read together, with no turn of the event loop in between. */
function readPem(path: string): PemReading {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const buffer = Buffer.alloc(maxPemBytes + 1);
    const length = readSync(file, buffer);
    if (length > maxPemBytes) {
      return failure(
        'certificate-too-large',
        `The file "${path}" is larger than ${maxPemBytes} bytes: it is no PEM file.`,
      );
    }
    return { ok: true, text: buffer.toString('latin1', 0, length) };
  } catch (cause) {
    return failure('certificate-unreadable', `The file "${path}" cannot be read: ${reasonOf(cause)}.`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function failure(
  code: CertificateErrorCode,
  message: string,
): { readonly ok: false; readonly error: CertificateError } {
  return { ok: false, error: { code, message } };
}

/** The reason without the path or key material that some errors repeat. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown cause';
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : cause.message;
}
