import { setImmediate as turn } from 'node:timers/promises';

import { ApiServerError } from '../../src/kubernetes/api-server-client.ts';
import { LeaseElector, type LeaseClock, type LeaseEvent } from '../../src/kubernetes/lease-elector.ts';
import type { LeaseRecord, LeaseStore, StoredLease } from '../../src/kubernetes/lease-store.ts';

/** Time that passes only when it is told to, for everybody at once. */
export class SimulatedTime {
  #nowMs = 0;
  readonly #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];

  get nowMs(): number {
    return this.#nowMs;
  }

  /** A clock that runs as fast as all others and shows another time. */
  clock(offsetMs: number): LeaseClock {
    return {
      monotonicMs: () => this.#nowMs + offsetMs,
      now: () => new Date(Date.parse('2026-06-01T00:00:00Z') + this.#nowMs + offsetMs),
      pause: (ms, signal) =>
        new Promise((resolve) => {
          if (signal.aborted) {
            resolve();
            return;
          }
          signal.addEventListener('abort', () => {
            resolve();
          });
          this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve });
        }),
    };
  }

  /** Wakes one sleeper after the other until so much time has passed. */
  async pass(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await settle();
    for (;;) {
      const [next] = this.#sleepers.sort((a, b) => a.atMs - b.atMs);
      if (next === undefined || next.atMs > endMs) break;
      this.#sleepers.shift();
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await settle();
    }
    this.#nowMs = endMs;
  }
}

/** All that follows from what has happened, happens. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 3; turns += 1) await turn();
}

/** One Lease for all, whom it can be kept from. */
export class SimulatedLease {
  stored: StoredLease | undefined;
  writes = 0;
  readonly unreachableFor = new Set<string>();

  storeOf(identity: string): LeaseStore {
    const ask = async <T>(act: () => T): Promise<T> => {
      if (this.unreachableFor.has(identity)) throw new Error('the API server is away');
      await Promise.resolve();
      return act();
    };
    return {
      read: () => ask(() => this.stored),
      create: (record) =>
        ask(() => {
          if (this.stored !== undefined) throw new ApiServerError('lease', 409, 'POST');
          return this.#write(record);
        }),
      update: (stored, record) =>
        ask(() => {
          if (this.stored?.version !== stored.version) throw new ApiServerError('lease', 409, 'PUT');
          return this.#write(record);
        }),
    };
  }

  /** Somebody writes another holder into it. */
  takeFor(holder: string): void {
    if (this.stored !== undefined) this.#write({ ...this.stored.record, holder });
  }

  #write(record: LeaseRecord): StoredLease {
    this.writes += 1;
    this.stored = { record, version: String(this.writes) };
    return this.stored;
  }
}

/** Who leads at the moment, and when there was more than one. */
export class Leadership {
  readonly leaders = new Set<string>();
  readonly clashes: string[] = [];
  readonly history: string[] = [];

  lead(identity: string, signal: AbortSignal): Promise<void> {
    this.leaders.add(identity);
    this.history.push(identity);
    if (this.leaders.size > 1) this.clashes.push([...this.leaders].join(' and '));
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.leaders.delete(identity);
        resolve();
      });
    });
  }
}

/** A contender with a clock of its own. */
export function contender(
  identity: string,
  time: SimulatedTime,
  lease: SimulatedLease,
  leadership: Leadership,
  offsetMs = 0,
) {
  const events: LeaseEvent[] = [];
  const elector = new LeaseElector({
    store: lease.storeOf(identity),
    identity,
    lead: (signal) => leadership.lead(identity, signal),
    report: (event) => events.push(event),
    clock: time.clock(offsetMs),
  });
  return { elector, events };
}
