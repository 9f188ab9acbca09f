import type { SecretStore, SecretVersion } from '../admission/certificate-ports.ts';
import type { OperationLog } from '../admission/telemetry-ports.ts';
import { planSecret, type CertificateView, type SecretPlan } from './certificate-plan.ts';
import { problemOf, type CertificateProblem } from './certificate-problem.ts';
import { entriesOf, makePair, readPair, withoutSlot, type ManagedPair, type PairReading } from './managed-pair.ts';
import type { ServerClock } from './server-clock.ts';

export interface PairKeeperDependencies {
  readonly secret: SecretStore;
  readonly log: OperationLog;
  readonly clock: ServerClock;
  readonly elapsedMs: () => number;
  readonly validMs: number;
  /** Between two new pairs of one replica: nobody who empties the Secret again and again keeps it busy. */
  readonly makePauseMs: number;
}

/** Keeps the pairs in the Secret in order, together with the other replicas. */
export class PairKeeper {
  readonly #dependencies: PairKeeperDependencies;
  #resourceVersion: string | undefined;
  #current: PairReading = { state: 'absent' };
  #next: PairReading = { state: 'absent' };
  #lastMadeMs: number | undefined;

  constructor(dependencies: PairKeeperDependencies) {
    this.#dependencies = dependencies;
  }

  /** What the Secret held when it was last read. */
  get current(): ManagedPair | undefined {
    return this.#current.state === 'usable' ? this.#current.pair : undefined;
  }

  get next(): ManagedPair | undefined {
    return this.#next.state === 'usable' ? this.#next.pair : undefined;
  }

  async read(signal: AbortSignal): Promise<SecretVersion | CertificateProblem> {
    const { secret, clock } = this.#dependencies;
    const askedAt = clock.localNow();
    const answer = await secret.read(signal);
    if (!answer.ok) return problemOf(answer.problem);
    this.#take(answer.value, askedAt);
    return answer.value;
  }

  /**
   * Changes what must change of the version that was read, and returns why it cannot. After a conflict the view is as old
   * as the version: both are to be read again.
   */
  async keep(
    version: SecretVersion,
    view: Omit<CertificateView, 'current' | 'next'>,
    signal: AbortSignal,
  ): Promise<CertificateProblem | 'conflict' | undefined> {
    const { secret, clock } = this.#dependencies;
    const plan = this.#paced(planSecret({ ...view, current: this.#current, next: this.#next }));
    if (plan.step.kind === 'leave') return foreign(plan.step.reason);
    const made = await this.#make(plan);
    const changes = changesOf(plan, made);
    if (Object.keys(changes).length === 0) return undefined;
    const askedAt = clock.localNow();
    const written = await secret.write(version, changes, signal);
    if (!written.ok) return written.problem.code === 'conflict' ? 'conflict' : problemOf(written.problem);
    this.#take(written.value, askedAt);
    this.#tell(plan, made);
    return undefined;
  }

  #take({ resourceVersion, entries, serverTime }: SecretVersion, askedAt: Date): void {
    this.#dependencies.clock.set(serverTime, askedAt);
    if (resourceVersion === this.#resourceVersion) return;
    this.#resourceVersion = resourceVersion;
    this.#current = readPair(entries, 'current');
    this.#next = readPair(entries, 'next');
  }

  #paced(plan: SecretPlan): SecretPlan {
    const { elapsedMs, makePauseMs } = this.#dependencies;
    const isTooEarly = this.#lastMadeMs !== undefined && elapsedMs() - this.#lastMadeMs < makePauseMs;
    return plan.step.kind === 'make' && isTooEarly ? { ...plan, step: { kind: 'keep' } } : plan;
  }

  async #make({ step }: SecretPlan): Promise<ManagedPair | undefined> {
    const { clock, validMs } = this.#dependencies;
    return step.kind === 'make' ? makePair(step.names, clock.now(), validMs) : undefined;
  }

  #tell({ step, restore }: SecretPlan, made: ManagedPair | undefined): void {
    const { log, elapsedMs } = this.#dependencies;
    if (restore !== undefined)
      log.warn('the Secret had lost the serving certificate; it is put back', { fingerprint: restore.fingerprint });
    if (step.kind === 'promote')
      log.info('the next serving certificate takes over', { fingerprint: step.pair.fingerprint });
    if (step.kind !== 'make' || made === undefined) return;
    this.#lastMadeMs = elapsedMs();
    const { fingerprint, notAfter } = made;
    log.info('serving certificate made', {
      reason: step.reason,
      takesOver: step.slot === 'current' ? 'at once' : 'once API servers trust its CA',
      fingerprint,
      notAfter: notAfter.toISOString(),
    });
  }
}

function changesOf(
  { step, restore }: SecretPlan,
  made: ManagedPair | undefined,
): Readonly<Record<string, string | undefined>> {
  const restored = restore === undefined ? {} : entriesOf(restore, 'current');
  const onlyCurrent = (pair: ManagedPair) => ({ ...entriesOf(pair, 'current'), ...withoutSlot('next') });
  if (step.kind === 'promote') return onlyCurrent(step.pair);
  if (step.kind !== 'make' || made === undefined) return restored;
  return step.slot === 'current' ? onlyCurrent(made) : { ...restored, ...entriesOf(made, 'next') };
}

function foreign(reason: string): CertificateProblem {
  const remedy = 'empty the Secret, or name another with --tls-secret';
  return { mark: 'foreign', message: `the Secret is not Tenantgate’s and is left alone: ${reason}; ${remedy}` };
}
