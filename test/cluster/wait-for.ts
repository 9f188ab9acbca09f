import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly intervalMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks again and again until the probe answers with something other than `undefined` or `false`.
 * A probe that throws ends the wait: only "not yet" is worth waiting for.
 */
export async function waitFor<T>(
  description: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  options: WaitOptions,
): Promise<T> {
  const deadline = performance.now() + options.timeoutMs;
  for (;;) {
    options.signal?.throwIfAborted();
    const answer = await probe();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() >= deadline) {
      throw new Error(`timed out after ${options.timeoutMs / 1000} s waiting for ${description}`);
    }
    await delay(options.intervalMs ?? 100, undefined, options.signal === undefined ? {} : { signal: options.signal });
  }
}
