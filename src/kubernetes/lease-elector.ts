import { setTimeout as delay } from 'node:timers/promises';

import { ApiServerError } from './api-server-client.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from './lease-store.ts';

/** Times of client-go: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection */
export interface LeaseTiming {
  /** How long the others wait after they saw the last change, before they take over. */
  readonly leaseMs: number;
  /** How long the leader tries to renew before it gives up; less than the lease. */
  readonly renewMs: number;
  /** Pause between two tries. */
  readonly retryMs: number;
}

export const leaseTiming: LeaseTiming = { leaseMs: 15_000, renewMs: 10_000, retryMs: 2_000 };

/** A clock for durations in milliseconds, and the time of day. */
export interface LeaseClock {
  monotonicMs(): number;
  now(): Date;
  /** Resolves after a while, or as soon as the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const systemLeaseClock: LeaseClock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  pause: async (ms, signal) => {
    await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  },
};

export interface LeaseElectorOptions {
  readonly store: LeaseStore;
  /** Names this process, and no other: two with one name would both lead. */
  readonly identity: string;
  /**
   * What only the leader does. Begun when the lease is held; its signal is aborted when the lease is lost or the elector
   * stops. Nobody else leads before it has had the time to hear of it.
   */
  readonly lead: (signal: AbortSignal) => Promise<void>;
  /** Told of what happened: who leads now, and what went wrong. */
  readonly report: (event: LeaseEvent) => void;
  readonly timing?: LeaseTiming;
  readonly clock?: LeaseClock;
}

export type LeaseEvent =
  | { readonly kind: 'leading' }
  | { readonly kind: 'lost'; readonly problem: string }
  | { readonly kind: 'following'; readonly leader: string }
  | { readonly kind: 'failed'; readonly problem: string };

/**
 * Leader election over a Lease, as client-go does it. Times in the Lease are those of other clocks and are never compared
 * with ours: a lease has run out when nobody has changed it for as long as it lasts, by our own clock. So clocks may be
 * wrong by any amount, as long as they run equally fast.
 */
export class LeaseElector {
  readonly #options: LeaseElectorOptions;
  readonly #timing: LeaseTiming;
  readonly #clock: LeaseClock;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #observed: StoredLease | undefined;
  #observedMs = 0;
  #leader: string | undefined;
  #isLeading = false;

  constructor(options: LeaseElectorOptions) {
    this.#options = options;
    this.#timing = options.timing ?? leaseTiming;
    this.#clock = options.clock ?? systemLeaseClock;
  }

  get isLeading(): boolean {
    return this.#isLeading;
  }

  start(): void {
    this.#running ??= this.#run(this.#stopping.signal);
  }

  /** Ends what the leader does, then gives the lease back, so that the next one need not wait. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const deadlineMs = this.#clock.monotonicMs() + this.#timing.renewMs;
      if (await this.#tryToHold(AbortSignal.any([signal, AbortSignal.timeout(this.#timing.renewMs)])))
        await this.#leadWhileHeld(deadlineMs, signal);
      await this.#clock.pause(this.#jittered(), signal);
    }
  }

  /** A few of the followers come first, not all at once. */
  #jittered(): number {
    return this.#timing.retryMs * (1 + 0.2 * Math.random());
  }

  async #leadWhileHeld(deadlineMs: number, stopping: AbortSignal): Promise<void> {
    const lost = new AbortController();
    this.#isLeading = true;
    this.#options.report({ kind: 'leading' });
    const led = this.#lead(AbortSignal.any([lost.signal, stopping]));
    const problem = await this.#keep(deadlineMs, stopping);
    this.#isLeading = false;
    lost.abort();
    if (problem !== undefined) this.#options.report({ kind: 'lost', problem });
    await led;
    if (problem === undefined) await this.#release();
  }

  async #lead(signal: AbortSignal): Promise<void> {
    try {
      await this.#options.lead(signal);
    } catch (error) {
      if (!signal.aborted) this.#options.report({ kind: 'failed', problem: textOf(error) });
    }
  }

  /** Renews until that fails for too long; gives why. Undefined when the elector stops. */
  async #keep(firstDeadlineMs: number, stopping: AbortSignal): Promise<string | undefined> {
    let deadlineMs = firstDeadlineMs;
    for (;;) {
      await this.#clock.pause(Math.min(this.#timing.retryMs, deadlineMs - this.#clock.monotonicMs()), stopping);
      if (stopping.aborted) return undefined;
      const beganMs = this.#clock.monotonicMs();
      if (beganMs >= deadlineMs) return `it could not be renewed within ${this.#timing.renewMs} ms`;
      // Late answers do not count: by then another may have begun to lead.
      const within = AbortSignal.any([stopping, AbortSignal.timeout(Math.ceil(deadlineMs - beganMs))]);
      if (await this.#tryToHold(within)) deadlineMs = beganMs + this.#timing.renewMs;
      else if (this.#leader !== this.#options.identity) return `${JSON.stringify(this.#leader)} holds it`;
    }
  }

  /** Takes or renews the lease; false where another holds it, or the API server does not play along. */
  async #tryToHold(signal: AbortSignal): Promise<boolean> {
    const { store } = this.#options;
    try {
      const stored = await store.read(signal);
      if (stored !== undefined) this.#observe(stored);
      // One that was deleted may be held for as long as one that is there: its leader has not heard of it yet.
      if (this.#isHeldByAnother()) return false;
      const record = this.#recordFor(stored?.record);
      this.#observe(await (stored === undefined ? store.create(record, signal) : store.update(stored, record, signal)));
      return true;
    } catch (error) {
      // Where somebody else was faster, what holds now is read at the next try.
      const isRace = error instanceof ApiServerError && error.statusCode === 409;
      if (!isRace && !this.#stopping.signal.aborted) this.#options.report({ kind: 'failed', problem: textOf(error) });
      return false;
    }
  }

  #isHeldByAnother(): boolean {
    if (this.#observed === undefined) return false;
    const { holder } = this.#observed.record;
    return holder !== '' && holder !== this.#options.identity && !this.#hasRunOut(this.#observed.record);
  }

  #observe(stored: StoredLease): void {
    if (this.#observed?.version !== stored.version) {
      this.#observed = stored;
      this.#observedMs = this.#clock.monotonicMs();
    }
    const { holder } = stored.record;
    if (this.#leader === holder) return;
    this.#leader = holder;
    if (holder !== this.#options.identity && holder !== '') this.#options.report({ kind: 'following', leader: holder });
  }

  #hasRunOut({ leaseSeconds }: LeaseRecord): boolean {
    // The holder’s own duration counts: it may be of another release.
    return this.#clock.monotonicMs() >= this.#observedMs + Math.max(leaseSeconds * 1_000, this.#timing.leaseMs);
  }

  #recordFor(before: LeaseRecord | undefined): LeaseRecord {
    const { identity } = this.#options;
    const now = this.#clock.now();
    const isRenewal = before?.holder === identity;
    const transitions = before?.transitions ?? 0;
    return {
      holder: identity,
      leaseSeconds: Math.ceil(this.#timing.leaseMs / 1_000),
      acquiredAt: isRenewal ? before.acquiredAt : now,
      renewedAt: now,
      transitions: isRenewal || before === undefined ? transitions : transitions + 1,
    };
  }

  async #release(): Promise<void> {
    const { store, identity } = this.#options;
    try {
      const signal = AbortSignal.timeout(this.#timing.retryMs);
      // Read anew: a renewal may have been given up when it was under way.
      const held = await store.read(signal);
      if (held?.record.holder !== identity) return;
      const record = { ...held.record, holder: '', leaseSeconds: 1, renewedAt: this.#clock.now() };
      await store.update(held, record, signal);
    } catch {
      // It runs out by itself.
    }
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
