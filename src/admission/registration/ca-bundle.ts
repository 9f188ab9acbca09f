import { X509Certificate } from 'node:crypto';

import type { DriftCode } from './registration-drift.ts';

/** What is wrong between a caBundle and the certificate that is served. */
export interface CaBundleFault {
  readonly code: Extract<DriftCode, `ca-bundle-${string}` | `certificate-${string}`>;
  readonly message: string;
}

export interface CaBundleQuestion {
  /** Base64 as it is stored. */
  readonly caBundle: string;
  /** PEM of what is served, the leaf first; undefined where that is not known. */
  readonly served: string | undefined;
  /** The name that the API server asks for. */
  readonly host: string;
  readonly now: Date;
}

/** Parsing takes time that grows with the size; no bundle of CAs comes near. */
const maxBundleBytes = 262_144;

/** Longer chains are not looked for. */
const maxChainLength = 8;

const serverAuthentication = '1.3.6.1.5.5.7.3.1';
const anyUsage = '2.5.29.37.0';

/** The certificates of a caBundle; those that cannot be parsed are left out, as Go leaves them out. */
export function certificatesOf(caBundle: string): readonly X509Certificate[] {
  return caBundle.length > maxBundleBytes ? [] : certificatesIn(Buffer.from(caBundle, 'base64').toString('latin1'));
}

/**
 * What the API server will find when it calls: it verifies as Go does (crypto/x509, Certificate.Verify). Every certificate
 * of the bundle is trusted, a self-signed one or not; each link of the chain must be in its time.
 */
export function caBundleFaults({ caBundle, served, host, now }: CaBundleQuestion): readonly CaBundleFault[] {
  if (caBundle === '') return [{ code: 'ca-bundle-missing', message: 'is empty: no call succeeds' }];
  const anchors = certificatesOf(caBundle);
  if (anchors.length === 0) return [{ code: 'ca-bundle-unreadable', message: 'holds no certificate that can be read' }];
  const chain = served === undefined ? [] : certificatesIn(served);
  const [leaf, ...intermediates] = chain;
  if (leaf === undefined) return isEveryOutOfTime(anchors, now) ? [expired(anchors)] : [];
  return [...trustFaults({ leaf, intermediates, anchors, now }), ...leafFaults(leaf, host)];
}

interface TrustQuestion {
  readonly leaf: X509Certificate;
  readonly intermediates: readonly X509Certificate[];
  readonly anchors: readonly X509Certificate[];
  readonly now: Date;
}

function trustFaults({ leaf, intermediates, anchors, now }: TrustQuestion): readonly CaBundleFault[] {
  const isInTime = (certificate: X509Certificate): boolean => isValidAt(certificate, now);
  const valid = anchors.filter(isInTime);
  if (isInTime(leaf) && isTrusted(leaf, intermediates.filter(isInTime), valid)) return [];
  // In time or not, who signed it? That tells what must be renewed.
  if (!isTrusted(leaf, intermediates, anchors))
    return isEveryOutOfTime(anchors, now) ? [expired(anchors)] : [mismatch(leaf)];
  return isTrusted(leaf, intermediates, valid) ? [servedExpired(leaf, intermediates, now)] : [expired(anchors)];
}

function isTrusted(
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
  anchors: readonly X509Certificate[],
  length = 1,
): boolean {
  if (anchors.some((anchor) => anchor.raw.equals(certificate.raw) || isSignedBy(certificate, anchor))) return true;
  if (length === maxChainLength) return false;
  return intermediates.some((next, index) => {
    const others = intermediates.toSpliced(index, 1);
    return isSignedBy(certificate, next) && isTrusted(next, others, anchors, length + 1);
  });
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function leafFaults(leaf: X509Certificate, host: string): readonly CaBundleFault[] {
  const faults: CaBundleFault[] = [];
  // Go ignores the common name, and so must this.
  if (leaf.checkHost(host, { subject: 'never', partialWildcards: false }) === undefined) {
    const names = leaf.subjectAltName ?? 'no names';
    const message = `cannot be called: the certificate that is served is for ${names}, and the API server asks for ${host}`;
    faults.push({ code: 'certificate-name', message });
  }
  const usages = leaf.keyUsage as readonly string[] | undefined;
  if (usages !== undefined && !usages.includes(serverAuthentication) && !usages.includes(anyUsage)) {
    const message = 'cannot be called: the certificate that is served is not for servers, by its extended key usages';
    faults.push({ code: 'certificate-usage', message });
  }
  return faults;
}

function isEveryOutOfTime(certificates: readonly X509Certificate[], now: Date): boolean {
  return !certificates.some((certificate) => isValidAt(certificate, now));
}

function isValidAt({ validFromDate, validToDate }: X509Certificate, now: Date): boolean {
  return validFromDate <= now && now <= validToDate;
}

function expired(anchors: readonly X509Certificate[]): CaBundleFault {
  const times = anchors.map(timeOf).sort().join('; ');
  return { code: 'ca-bundle-expired', message: `holds no certificate that would do and is in its time: ${times}` };
}

function servedExpired(leaf: X509Certificate, intermediates: readonly X509Certificate[], now: Date): CaBundleFault {
  const outside = [leaf, ...intermediates].filter((certificate) => !isValidAt(certificate, now));
  const message = `cannot be called: what is served is outside its time: ${outside.map(timeOf).sort().join('; ')}`;
  return { code: 'certificate-expired', message };
}

function mismatch(leaf: X509Certificate): CaBundleFault {
  const message = `holds no certificate that signed the one that is served, which ${oneLine(leaf.issuer)} issued`;
  return { code: 'ca-bundle-mismatch', message };
}

function timeOf({ subject, validFromDate, validToDate }: X509Certificate): string {
  return `${oneLine(subject)} is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}`;
}

/** Node writes a distinguished name on several lines; one without a subject has none. */
function oneLine(name: string | undefined): string {
  return JSON.stringify((name ?? '').split('\n').join(', '));
}

function certificatesIn(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    try {
      return [new X509Certificate(block)];
    } catch {
      return [];
    }
  });
}
