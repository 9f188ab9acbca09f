import type { EventCounter, EventWriter, ViolationEvent } from './event-ports.ts';
import type { AdmittedViolation, OperationLog, ViolationObserver } from './telemetry-ports.ts';

/** How many violations are followed, and how often each is written. */
export interface EventLimits {
  /** Violations that are remembered, in all and of one namespace: no tenant takes the room of the others. */
  readonly most: number;
  readonly mostOfNamespace: number;
  /** Pause between two rounds of writes, and how many a round makes. */
  readonly roundMs: number;
  readonly mostOfRound: number;
  /** Pause between two writes of one violation: doubled after each, from the first to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** What was not seen for so long is forgotten: an API server keeps Events for an hour. */
  readonly forgetMs: number;
}

export const eventLimits: EventLimits = {
  most: 2_000,
  mostOfNamespace: 100,
  roundMs: 1_000,
  mostOfRound: 10,
  firstPauseMs: 10_000,
  longestPauseMs: 600_000,
  forgetMs: 3_600_000,
};

export interface ViolationEventsOptions {
  readonly writer: EventWriter;
  readonly counter: EventCounter;
  readonly log: OperationLog;
  readonly now: () => Date;
  readonly limits?: EventLimits;
  /** Runs something later, and gives a way to call it off; tests run it when they want. */
  readonly schedule?: Schedule;
}

type Schedule = (run: () => Promise<void>, delayMs: number) => () => void;

const scheduleByTimer: Schedule = (run, delayMs) => {
  const timer = setTimeout(() => {
    void run();
  }, delayMs);
  timer.unref();
  return () => {
    clearTimeout(timer);
  };
};

/** Longer than an API server takes when it is well; the last round of a server that stops may not hold it up. */
const writeMs = 5_000;
const lastRoundMs = 2_000;
const warnAgainMs = 300_000;

/** One violated rule of one object. */
interface Followed {
  violation: AdmittedViolation;
  /** Seen since it was written last. */
  unwritten: number;
  isWritten: boolean;
  firstMs: number;
  lastMs: number;
  nextWriteMs: number;
  pauseMs: number;
}

/**
 * Makes Events of would-be denials: one for each rule and object, whose count is brought up to date now and then. Memory
 * and writes are bounded, whatever is asked for. Answers never wait for it: what cannot be written is counted.
 */
export class ViolationEvents implements ViolationObserver {
  readonly #options: ViolationEventsOptions;
  readonly #limits: EventLimits;
  readonly #followed = new Map<string, Followed>();
  readonly #ofNamespace = new Map<string, number>();
  readonly #stopping = new AbortController();
  #callOff: (() => void) | undefined;
  #round: Promise<void> | undefined;
  #nextSweepMs = 0;
  #nextWarningMs = 0;

  constructor(options: ViolationEventsOptions) {
    this.#options = options;
    this.#limits = options.limits ?? eventLimits;
  }

  observe(violation: AdmittedViolation): void {
    const nowMs = this.#nowMs();
    const key = keyOf(violation);
    const followed = this.#followed.get(key) ?? this.#follow(key, violation, nowMs);
    if (followed === undefined) {
      this.#options.counter.countEvent('dropped');
      return;
    }
    // An Event's text cannot be changed: another text is another Event, and it waits its turn as any count does.
    if (followed.violation.note !== violation.note) Object.assign(followed, { unwritten: 0, isWritten: false });
    if (followed.unwritten === 0) followed.firstMs = nowMs;
    followed.violation = violation;
    followed.unwritten += 1;
    followed.lastMs = nowMs;
    this.#schedule();
  }

  /** Writes what is not written yet, as far as time allows, and ends. */
  async stop(): Promise<void> {
    this.#callOff?.();
    this.#stopping.abort();
    await this.#round;
    const signal = AbortSignal.timeout(lastRoundMs);
    await this.#write(
      [...this.#followed.values()].filter(({ unwritten }) => unwritten > 0),
      signal,
    );
  }

  #nowMs(): number {
    return this.#options.now().getTime();
  }

  #follow(key: string, violation: AdmittedViolation, nowMs: number): Followed | undefined {
    const { namespace } = violation.object;
    if (!this.#hasRoom(namespace)) this.#sweep(nowMs);
    if (!this.#hasRoom(namespace)) return undefined;
    const { firstPauseMs: pauseMs } = this.#limits;
    const times = { firstMs: nowMs, lastMs: nowMs, nextWriteMs: nowMs, pauseMs };
    const followed: Followed = { violation, unwritten: 0, isWritten: false, ...times };
    this.#followed.set(key, followed);
    this.#ofNamespace.set(namespace, (this.#ofNamespace.get(namespace) ?? 0) + 1);
    return followed;
  }

  #hasRoom(namespace: string): boolean {
    const { most, mostOfNamespace } = this.#limits;
    return this.#followed.size < most && (this.#ofNamespace.get(namespace) ?? 0) < mostOfNamespace;
  }

  /** Forgets what was not seen for long. Not at every call: whoever fills the room must not make each call dear. */
  #sweep(nowMs: number): void {
    if (nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + this.#limits.roundMs;
    for (const [key, followed] of this.#followed) {
      if (nowMs - followed.lastMs >= this.#limits.forgetMs) this.#forget(key, followed);
    }
  }

  #forget(key: string, { violation }: Followed): void {
    const { namespace } = violation.object;
    this.#followed.delete(key);
    const left = (this.#ofNamespace.get(namespace) ?? 0) - 1;
    if (left > 0) this.#ofNamespace.set(namespace, left);
    else this.#ofNamespace.delete(namespace);
  }

  #schedule(): void {
    if (this.#callOff !== undefined || this.#stopping.signal.aborted) return;
    const schedule = this.#options.schedule ?? scheduleByTimer;
    this.#callOff = schedule(() => (this.#round = this.#runRound()), this.#limits.roundMs);
  }

  async #runRound(): Promise<void> {
    const nowMs = this.#nowMs();
    this.#sweep(nowMs);
    const due = [...this.#followed.values()].filter(
      ({ unwritten, nextWriteMs }) => unwritten > 0 && nextWriteMs <= nowMs,
    );
    const oldestFirst = due.sort((a, b) => a.nextWriteMs - b.nextWriteMs).slice(0, this.#limits.mostOfRound);
    await this.#write(oldestFirst, this.#stopping.signal);
    this.#callOff = undefined;
    if ([...this.#followed.values()].some(({ unwritten }) => unwritten > 0)) this.#schedule();
  }

  /** One after the other, until all are written or the API server is away. */
  async #write(due: readonly Followed[], signal: AbortSignal): Promise<void> {
    for (const followed of due) {
      if (signal.aborted) return;
      const { violation, unwritten: count } = followed;
      const answer = await this.#options.writer.write(
        eventOf(followed),
        AbortSignal.any([signal, AbortSignal.timeout(writeMs)]),
      );
      followed.nextWriteMs = this.#nowMs() + followed.pauseMs;
      followed.pauseMs = Math.min(followed.pauseMs * 2, this.#limits.longestPauseMs);
      this.#options.counter.countEvent(answer.state === 'written' ? 'written' : 'failed');
      if (answer.state !== 'written') this.#warn(answer.problem);
      if (answer.state === 'unavailable') return;
      // It may have been seen again meanwhile, or have become another one.
      if (followed.violation.note !== violation.note) continue;
      followed.unwritten -= count;
      followed.isWritten = answer.state === 'written';
    }
  }

  #warn(problem: string): void {
    const nowMs = this.#nowMs();
    if (nowMs < this.#nextWarningMs) return;
    this.#nextWarningMs = nowMs + warnAgainMs;
    this.#options.log.warn('an Event could not be written; no answer depends on it', { problem });
  }
}

function keyOf({ rule, object }: AdmittedViolation): string {
  const { apiVersion, kind, namespace, name } = object;
  // A newline is in none of them.
  return [rule, apiVersion, kind, namespace, name].join('\n');
}

function eventOf({ violation, unwritten, isWritten, firstMs, lastMs }: Followed): ViolationEvent {
  return {
    violation,
    isFirst: !isWritten,
    count: unwritten,
    firstObserved: new Date(firstMs),
    lastObserved: new Date(lastMs),
  };
}
