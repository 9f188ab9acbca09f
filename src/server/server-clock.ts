import type { OperationLog } from '../admission/telemetry-ports.ts';

/** Clocks that differ by less are taken for equal: an answer tells its time in whole seconds. */
const toleratedSkewMs = 60_000;

/**
 * The time by the clock of the API server, which is who judges whether a certificate is valid; by the clock of this machine
 * as long as both agree, or nothing is known.
 */
export class ServerClock {
  readonly #now: () => Date;
  readonly #log: OperationLog;
  #skewMs = 0;

  constructor(now: () => Date, log: OperationLog) {
    this.#now = now;
    this.#log = log;
  }

  now(): Date {
    return new Date(this.localNow().getTime() + this.#skewMs);
  }

  localNow(): Date {
    return this.#now();
  }

  /** Takes the time of an answer that has just come; clocks that agree have it between the request and now. */
  set(serverTime: Date | undefined, askedAt: Date): void {
    if (serverTime === undefined) return;
    const behindMs = Math.min(0, serverTime.getTime() - askedAt.getTime());
    const aheadMs = Math.max(0, serverTime.getTime() - this.localNow().getTime());
    const skewMs = behindMs === 0 ? aheadMs : behindMs;
    const isApart = Math.abs(skewMs) > toleratedSkewMs;
    if (isApart && this.#skewMs === 0)
      this.#log.warn('the clock of this machine and that of the API server differ; that of the API server counts', {
        apartSeconds: Math.round(skewMs / 1000),
      });
    this.#skewMs = isApart ? skewMs : 0;
  }
}
