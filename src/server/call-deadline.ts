import type { IncomingMessage, ServerResponse } from 'node:http';

import type { CallBounds } from '../admission/ports.ts';
import { parseGoDuration } from './go-duration.ts';

/** The part of the caller's timeout that is kept for writing and carrying the answer, up to a tenth of it. */
const marginMs = 100;

/** The caller's `?timeout=`, capped; the cap where there is none or it cannot be read. */
export function timeoutOf(url: string, maxMs: number): number {
  const query = url.indexOf('?');
  const text = query < 0 ? null : new URLSearchParams(url.slice(query + 1)).get('timeout');
  return Math.min((text === null ? undefined : parseGoDuration(text)) ?? maxMs, maxMs);
}

/**
 * The deadline of one call. Costs nothing until `open` is called: most decisions need no deadline because they never wait.
 */
export class CallDeadline {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #maxMs: number;
  #controller: AbortController | undefined;
  #timer: NodeJS.Timeout | undefined;
  #overrunTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(request: IncomingMessage, response: ServerResponse, maxMs: number) {
    this.#request = request;
    this.#response = response;
    this.#maxMs = maxMs;
  }

  /** Starts the deadline; the same bounds each time. After the call was answered they are aborted ones. */
  open(): CallBounds {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#closed || this.#response.destroyed) this.#abort('The caller is gone.');
      else this.#watch();
    }
    return { signal: this.#controller.signal };
  }

  /** Rejects when the caller's whole timeout has passed: the last resort against work that ignores its bounds. */
  overrun(): Promise<never> {
    const timeoutMs = timeoutOf(this.#request.url ?? '', this.#maxMs);
    return new Promise((_resolve, reject) => {
      this.#overrunTimer = setTimeout(() => {
        reject(new Error(`No answer within ${timeoutMs} ms, the timeout of the call.`));
      }, timeoutMs);
    });
  }

  /** Ends the deadline: no timer and no listener stays behind. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#overrunTimer);
    if (this.#controller !== undefined) this.#response.removeListener('close', this.#onClose);
  }

  #watch(): void {
    const timeoutMs = timeoutOf(this.#request.url ?? '', this.#maxMs);
    this.#timer = setTimeout(
      () => {
        this.#abort(`The timeout of the call, ${timeoutMs} ms, has passed.`);
      },
      timeoutMs - Math.min(marginMs, timeoutMs / 10),
    );
    this.#response.once('close', this.#onClose);
  }

  readonly #onClose = (): void => {
    clearTimeout(this.#timer);
    this.#abort('The caller is gone.');
  };

  #abort(reason: string): void {
    this.#controller?.abort(new Error(reason));
  }
}
