import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Pace } from '../audit/ports.ts';

/** So long a scan may keep requests waiting. */
const longestTurnMs = 4;

/** Gives requests their turn every few milliseconds. */
export class SharedPace implements Pace {
  #begunMs = performance.now();

  pause(): Promise<void> | undefined {
    if (performance.now() - this.#begunMs < longestTurnMs) return undefined;
    return nextTurn().then(() => {
      this.#begunMs = performance.now();
    });
  }
}
