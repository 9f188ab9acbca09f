/**
 * Tells how long requests wait before anybody looks at them. One event loop reads every connection that is ready, one
 * after the other, before it asks the kernel for more. So a request that comes up late in such a turn has been in the
 * kernel since before the turn began: the queue of an overloaded server is there, where no counter sees it.
 */
export class TurnClock {
  readonly #now: () => number;
  #beganMs: number | undefined;
  #lastBeganMs = Number.NEGATIVE_INFINITY;
  #lastEndedMs = Number.NEGATIVE_INFINITY;
  readonly #end = (): void => {
    this.#lastBeganMs = this.#beganMs ?? Number.NEGATIVE_INFINITY;
    this.#lastEndedMs = this.#now();
    this.#beganMs = undefined;
  };

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /**
   * Whether a request that comes up now has waited for longer than this, and the turn before was a long one as well. A
   * single long turn is a pause, such as for garbage: what has piled up is soon worked off. Long turns that follow each
   * other are a queue that stands.
   */
  isLate(maxMs: number): boolean {
    const now = this.#now();
    if (this.#beganMs === undefined) {
      this.#beganMs = now;
      setImmediate(this.#end);
    }
    return now - this.#beganMs > maxMs && this.#isQueueStanding(this.#beganMs, maxMs / 2);
  }

  #isQueueStanding(beganMs: number, longMs: number): boolean {
    return this.#lastEndedMs - this.#lastBeganMs > longMs && beganMs - this.#lastEndedMs < longMs;
  }
}
