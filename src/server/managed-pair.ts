import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import { issueCertificate } from './issue-certificate.ts';
import { checkServingCertificate } from './serving-certificate.ts';

/** A serving certificate that Tenantgate has made, with the CA that signed it and nothing else. */
export interface ManagedPair {
  readonly certificate: string;
  readonly key: string;
  readonly caCertificate: string;
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** SHA-256 of the certificate, in upper-case hexadecimal pairs. */
  readonly fingerprint: string;
  readonly caFingerprint: string;
}

/**
 * Where in the Secret a pair lies. What is served is `current`; `next` waits until every API server trusts its CA. The keys
 * of `current` are those of kubernetes.io/tls.
 */
export type PairSlot = 'current' | 'next';

export type PairReading =
  | { readonly state: 'absent' }
  | { readonly state: 'usable'; readonly pair: ManagedPair }
  /** A certificate that somebody else has made: it is not ours to replace. */
  | { readonly state: 'foreign'; readonly reason: string }
  /** Half of a pair, or none: nobody can serve it. */
  | { readonly state: 'broken'; readonly reason: string };

const keysOf = {
  current: { certificate: 'tls.crt', key: 'tls.key', caCertificate: 'ca.crt' },
  next: { certificate: 'next.tls.crt', key: 'next.tls.key', caCertificate: 'next.ca.crt' },
} as const satisfies Readonly<Record<PairSlot, object>>;

/** A pair of ours is a thousandth of this; parsing PEM takes time that grows with its size. */
const longestEntry = 65_536;

/** The clocks of API servers may be behind the one by which a pair is made. */
const backdateMs = 3_600_000;

const organization = 'tenantgate.dev';

/** Makes a pair for these names. */
export async function makePair(names: readonly string[], now: Date, validMs: number): Promise<ManagedPair> {
  const caName = `O=${organization}, CN=Self-managed CA of ${now.toISOString().slice(0, 19)}Z`;
  const issued = await issueCertificate({ now, names, caName, validMs, backdateMs });
  const reading = readPair(entriesOf(issued, 'current'), 'current');
  if (reading.state !== 'usable') throw new Error('A certificate that was just made cannot be read.');
  return reading.pair;
}

/** Whether a certificate with this subject or issuer is one that {@link makePair} has made. */
export function isOwnName(distinguishedName: string): boolean {
  return distinguishedName.split('\n').includes(`O=${organization}`);
}

/** The entries of the Secret that hold a pair. */
export function entriesOf(
  pair: Pick<ManagedPair, 'certificate' | 'key' | 'caCertificate'>,
  slot: PairSlot,
): Readonly<Record<string, string>> {
  const keys = keysOf[slot];
  return {
    [keys.certificate]: pair.certificate,
    [keys.key]: pair.key,
    [keys.caCertificate]: pair.caCertificate,
  };
}

/** The change that takes a pair out of the Secret. */
export function withoutSlot(slot: PairSlot): Readonly<Record<string, undefined>> {
  return Object.fromEntries(Object.values(keysOf[slot]).map((key) => [key, undefined]));
}

/** Reads a pair, whatever the time: whether it is valid now is another question. */
export function readPair(entries: Readonly<Record<string, string>>, slot: PairSlot): PairReading {
  const keys = keysOf[slot];
  const [certificate, key, caCertificate] = [keys.certificate, keys.key, keys.caCertificate].map((name) =>
    Object.hasOwn(entries, name) ? (entries[name] ?? '') : '',
  ) as [string, string, string];
  if (`${certificate}${key}${caCertificate}` === '') return { state: 'absent' };
  if (Math.max(certificate.length, key.length, caCertificate.length) > longestEntry)
    return { state: 'broken', reason: `an entry is longer than ${longestEntry} bytes` };
  const leaf = parse(certificate);
  if (leaf === undefined) return { state: 'broken', reason: `${keys.certificate} is no certificate` };
  if (!isOwnName(leaf.issuer))
    return {
      state: 'foreign',
      reason: `${keys.certificate} was issued by ${inOneLine(leaf.issuer)}, not by Tenantgate`,
    };
  const ca = parse(caCertificate);
  if (ca === undefined || !leaf.checkIssued(ca) || !leaf.verify(ca.publicKey))
    return { state: 'broken', reason: `${keys.caCertificate} is not the CA of ${keys.certificate}` };
  const checked = checkServingCertificate({ certificate, key }, leaf.validFromDate);
  if (!checked.ok) return { state: 'broken', reason: checked.error.message };
  return {
    state: 'usable',
    pair: {
      certificate,
      key,
      caCertificate,
      names: namesOf(leaf),
      notBefore: leaf.validFromDate,
      notAfter: leaf.validToDate,
      fingerprint: leaf.fingerprint256,
      caFingerprint: ca.fingerprint256,
    },
  };
}

/** Whether a client that asks for any of these names takes the certificate. */
export function covers(pair: ManagedPair, names: readonly string[]): boolean {
  const leaf = parse(pair.certificate);
  return names.every((name) => (isIP(name) === 0 ? leaf?.checkHost(name) : leaf?.checkIP(name)) !== undefined);
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** The names as they were given to {@link makePair}: they hold nothing that Node would quote. */
function namesOf(leaf: X509Certificate): readonly string[] {
  const names = leaf.subjectAltName?.split(', ') ?? [];
  return names.map((name) => name.replace(/^(DNS|IP Address):/, ''));
}

function inOneLine(distinguishedName: string): string {
  return JSON.stringify(distinguishedName.replaceAll('\n', ', ').slice(0, 100));
}
