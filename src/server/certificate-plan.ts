import { covers, type ManagedPair, type PairReading, type PairSlot } from './managed-pair.ts';

/** What one replica knows when it decides. */
export interface CertificateView {
  readonly now: Date;
  /** What the Secret holds. */
  readonly current: PairReading;
  readonly next: PairReading;
  /** What this replica serves. */
  readonly served: ManagedPair | undefined;
  /** Names that the certificate must have. */
  readonly names: readonly string[];
  /** Whether every API server is known to trust this CA. */
  isTrusted(caFingerprint: string): boolean;
  /**
   * Whether API servers may trust a CA besides this one: by it another replica may be serving, so that a pair of a CA that
   * they do not trust yet must not be served. True where that cannot be known.
   */
  hasRivals(caFingerprint: string | undefined): boolean;
}

/** What becomes of the Secret. */
export type SecretStep =
  | { readonly kind: 'keep' }
  /** The Secret belongs to somebody else. */
  | { readonly kind: 'leave'; readonly reason: string }
  /** A new pair goes into the slot. */
  | { readonly kind: 'make'; readonly slot: PairSlot; readonly names: readonly string[]; readonly reason: string }
  /** The next pair becomes the current one. */
  | { readonly kind: 'promote'; readonly pair: ManagedPair };

export interface SecretPlan {
  readonly step: SecretStep;
  /** Put back as the current pair, since the Secret has lost it. */
  readonly restore: ManagedPair | undefined;
}

/** Renewal begins when this part of the validity is over: a month is left for what may go wrong. */
const renewalPoint = 2 / 3;

/** When a pair is to be renewed. */
export function renewalOf({ notBefore, notAfter }: ManagedPair): Date {
  return new Date(notBefore.getTime() + (notAfter.getTime() - notBefore.getTime()) * renewalPoint);
}

export function isExpired({ notAfter }: ManagedPair, now: Date): boolean {
  return notAfter <= now;
}

/**
 * Decides what becomes of the Secret. A pair is `current` only when every API server trusts its CA, or when there was no
 * other CA that one could trust, so a replica that starts may serve it at once.
 */
export function planSecret(view: CertificateView): SecretPlan {
  const { current, now } = view;
  if (current.state === 'foreign') return { step: { kind: 'leave', reason: current.reason }, restore: undefined };
  const inForce = alive(current, now);
  const restore = inForce === undefined && view.served && !isExpired(view.served, now) ? view.served : undefined;
  return { step: stepOf(view, inForce ?? restore), restore };
}

function stepOf(view: CertificateView, inForce: ManagedPair | undefined): SecretStep {
  const { now, names } = view;
  const next = alive(view.next, now);
  if (next !== undefined && covers(next, names))
    return isNextDue(view, next, inForce) ? { kind: 'promote', pair: next } : { kind: 'keep' };
  if (inForce !== undefined) return renewalStep(view, inForce, next);
  const slot = view.hasRivals(undefined) ? 'next' : 'current';
  return { kind: 'make', slot, names, reason: reasonOf(view.current) };
}

function renewalStep(view: CertificateView, inForce: ManagedPair, next: ManagedPair | undefined): SecretStep {
  const { now, names, current } = view;
  const lacking = next ?? (covers(inForce, names) ? undefined : inForce);
  if (lacking !== undefined) {
    // With the names that it has already: a replica of another configuration may need those.
    const all = [...lacking.names, ...names.filter((name) => !covers(lacking, [name]))];
    return { kind: 'make', slot: 'next', names: all, reason: 'it lacks a name' };
  }
  const isDue = current.state !== 'usable' || renewalOf(inForce) <= now;
  return isDue ? { kind: 'make', slot: 'next', names, reason: reasonOf(current) } : { kind: 'keep' };
}

/** Whether the next pair can take over: nobody may be left who does not trust it. */
function isNextDue(view: CertificateView, next: ManagedPair, inForce: ManagedPair | undefined): boolean {
  if (inForce === undefined && !view.hasRivals(next.caFingerprint)) return true;
  if (inForce !== undefined && next.notBefore > view.now) return false;
  return view.isTrusted(next.caFingerprint);
}

function reasonOf(current: PairReading): string {
  switch (current.state) {
    case 'absent':
      return 'the Secret held none';
    case 'usable':
      return 'it was time';
    case 'broken':
    case 'foreign':
      return `the Secret held no usable one: ${current.reason}`;
  }
}

function alive(reading: PairReading, now: Date): ManagedPair | undefined {
  return reading.state === 'usable' && !isExpired(reading.pair, now) ? reading.pair : undefined;
}

/** Whether this replica takes the current pair into service now. */
export function isToBeServed(
  pair: ManagedPair,
  { now, served, isTrusted }: Pick<CertificateView, 'now' | 'served' | 'isTrusted'>,
): boolean {
  if (isExpired(pair, now)) return false;
  if (served === undefined || isExpired(served, now)) return true;
  return served.fingerprint !== pair.fingerprint && pair.notBefore <= now && isTrusted(pair.caFingerprint);
}
