/** A gap between turns that is shorter than this is other work of the loop, a longer one is rest. */
const restMs = 25;
/** Twice what an API server keeps open. So few calls are no queue: when they wait, it is for the machine. */
const earlyCalls = 50;

/**
 * Tells how long requests may have waited before anybody looked at them. One event loop reads every connection that is
 * ready, one after the other, before it asks the kernel for more: the queue of an overloaded server is in the kernel, where
 * no counter sees it. What comes up in one turn of the loop had not come when the turn before it began.
 */
export class TurnClock {
  readonly #now: () => number;
  #beganMs: number | undefined;
  #calls = 0;
  #lastBeganMs = Number.NEGATIVE_INFINITY;
  #lastEndedMs = Number.NEGATIVE_INFINITY;
  readonly #end = (): void => {
    this.#lastBeganMs = this.#beganMs ?? Number.NEGATIVE_INFINITY;
    this.#lastEndedMs = this.#now();
    this.#beganMs = undefined;
    this.#calls = 0;
  };

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Whether a call that comes up now may have waited for longer than this. The first calls of a turn never are late: a
   * server that sheds all that it could judge would be of no use.
   */
  isLate(maxMs: number): boolean {
    const now = this.#now();
    if (this.#beganMs === undefined) {
      this.#beganMs = now;
      setImmediate(this.#end);
    }
    this.#calls += 1;
    const hasRested = this.#beganMs - this.#lastEndedMs > restMs;
    return this.#calls > earlyCalls && now - (hasRested ? this.#beganMs : this.#lastBeganMs) > maxMs;
  }
}
