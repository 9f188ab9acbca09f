/** Bounds of the calls that wait at once. */
export interface InFlightBounds {
  readonly maxCalls: number;
  readonly maxBytes: number;
}

/** Counts calls that wait for facts, and the bytes of their bodies. */
export interface InFlightLimit {
  /** False when there is no room: the call must be refused. */
  enter(bytes: number): boolean;
  /** Gives the room back. */
  leave(bytes: number): void;
}

/**
 * Bounds what waits for the API server: if that hangs, waiting calls pile up for as long as their callers have patience. A
 * call that is judged at once needs no place: it is over before the next one begins.
 */
export function createInFlightLimit({ maxCalls, maxBytes }: InFlightBounds): InFlightLimit {
  let calls = 0;
  let held = 0;
  return {
    enter(bytes) {
      // One that is larger than all the room is let in alone, or it would be refused for ever.
      if (calls >= maxCalls || (held + bytes > maxBytes && calls > 0)) return false;
      calls += 1;
      held += bytes;
      return true;
    },
    leave(bytes) {
      calls -= 1;
      held -= bytes;
    },
  };
}
