import { X509Certificate } from 'node:crypto';

import { isOwnName } from './managed-pair.ts';

/** A CA of a `caBundle`. */
export interface TrustedCa {
  readonly pem: string;
  readonly fingerprint: string;
  readonly subject: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Made by Tenantgate. */
  readonly isOwn: boolean;
}

const begin = '-----BEGIN CERTIFICATE-----';
const end = '-----END CERTIFICATE-----';

/** An expired CA proves nothing, but the clock of an API server may be behind. */
const graceMs = 86_400_000;

/** Of CAs that are no longer needed but not expired either. Regular renewal leaves one. */
const mostRetired = 8;

/** The certificates of a bundle, each once. What cannot be parsed is left out: no API server can use it. */
export function readCaBundle(text: string): readonly TrustedCa[] {
  const found = new Map<string, TrustedCa>();
  for (const piece of text.split(end).slice(0, -1)) {
    const start = piece.lastIndexOf(begin);
    const ca = start < 0 ? undefined : parse(`${piece.slice(start)}${end}\n`);
    if (ca !== undefined && !found.has(ca.fingerprint)) found.set(ca.fingerprint, ca);
  }
  return [...found.values()];
}

/**
 * The CAs of a bundle that trusts what is needed beside what it trusts already, or undefined when it is right as it is. Two
 * kinds are dropped: what has expired, and all but the latest of our own that are no longer needed. A CA of somebody else
 * stays: another server may still be serving by it.
 */
export function mendCaBundle(
  present: readonly TrustedCa[],
  needed: readonly TrustedCa[],
  now: Date,
): readonly TrustedCa[] | undefined {
  const isNeeded = new Set(needed.map(({ fingerprint }) => fingerprint));
  const alive = present.filter(
    ({ fingerprint, notAfter }) => isNeeded.has(fingerprint) || notAfter.getTime() + graceMs > now.getTime(),
  );
  const retired = alive.filter(({ fingerprint, isOwn }) => isOwn && !isNeeded.has(fingerprint));
  const tooMany = new Set([...retired].sort(latestFirst).slice(mostRetired));
  const kept = alive.filter((ca) => !tooMany.has(ca));
  const held = new Set(kept.map(({ fingerprint }) => fingerprint));
  const missing = needed.filter(({ fingerprint }) => !held.has(fingerprint));
  return missing.length === 0 && kept.length === present.length ? undefined : [...kept, ...missing];
}

function latestFirst(one: TrustedCa, other: TrustedCa): number {
  return other.notBefore.getTime() - one.notBefore.getTime();
}

function parse(pem: string): TrustedCa | undefined {
  try {
    const { fingerprint256, subject, validFromDate, validToDate } = new X509Certificate(pem);
    return {
      pem,
      fingerprint: fingerprint256,
      subject,
      notBefore: validFromDate,
      notAfter: validToDate,
      isOwn: isOwnName(subject),
    };
  } catch {
    return undefined;
  }
}
