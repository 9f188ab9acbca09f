import { setTimeout as delay } from 'node:timers/promises';

/** Makes a request, and calls `answered` as soon as the other side has said something. It may go on for long after that. */
export type Attempt<T> = (signal: AbortSignal, answered: () => void) => Promise<T>;

export interface SecondTryOptions {
  /** Ends every try. */
  readonly signal: AbortSignal;
  /** How long a try may be without an answer before there is another. */
  readonly impatientMs: number;
}

interface Try<T> {
  readonly result: Promise<T>;
  giveUp(): void;
}

/**
 * Makes a request whose connection may die without a word. The first try is patient, since a busy API server lets requests
 * queue. While it has no answer, second tries are made beside it, one after the other, for a short time each. Whichever is
 * answered first counts, and the others are given up. When the first fails before that, all have failed.
 */
export async function withSecondTries<T>(attempt: Attempt<T>, { signal, impatientMs }: SecondTryOptions): Promise<T> {
  const counting = Promise.withResolvers<Try<T>>();

  function begin(): Try<T> {
    const own = new AbortController();
    const result = attempt(AbortSignal.any([signal, own.signal]), () => {
      counting.resolve(begun);
    });
    const begun: Try<T> = {
      result,
      giveUp: () => {
        own.abort();
      },
    };
    // Told by the one that counts.
    result.catch(() => undefined);
    return begun;
  }

  const first = begin();
  first.result.catch(() => {
    counting.resolve(first);
  });
  let second: Try<T> | undefined;
  for (;;) {
    const winner = await firstWithin(counting.promise, impatientMs);
    if (second !== winner) second?.giveUp();
    if (winner !== undefined) {
      if (first !== winner) first.giveUp();
      return winner.result;
    }
    second = begin();
  }
}

/** What it resolves to, or undefined when that takes longer. */
async function firstWithin<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const timer = new AbortController();
  const late = delay(timeoutMs, undefined, { signal: timer.signal });
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
