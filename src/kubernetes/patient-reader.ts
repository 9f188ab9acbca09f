import { setTimeout as delay } from 'node:timers/promises';

import { ListProblem } from '../audit/ports.ts';
import { AnswerTooLargeError, type RawAnswer, type RawClient } from './raw-client.ts';
import { parseObjects } from './object-text.ts';

/** Bounds of one question, with all its tries. */
export interface Patience {
  /** A try without an answer is given up after this. */
  readonly answerMs: number;
  /** No further try is made once so much time has gone by without an answer that can be used. */
  readonly giveUpMs: number;
  /** Pauses between tries, which double. */
  readonly shortestPauseMs: number;
  readonly longestPauseMs: number;
  /** An answer that is larger is not read. */
  readonly largestBytes: number;
}

export const usualPatience: Patience = {
  answerMs: 30_000,
  giveUpMs: 30_000,
  shortestPauseMs: 100,
  longestPauseMs: 5_000,
  largestBytes: 8 * 1024 * 1024,
};

/** How an answer is read. */
export interface Reading {
  /** Whether it says something; tried again otherwise. */
  readonly isUsable: (value: unknown) => boolean;
  /** Throws for what is no JSON. {@link parseObjects} by default. */
  readonly parse?: ((json: Buffer) => unknown) | undefined;
}

/** An answer that says something, parsed. */
export interface ReadAnswer {
  readonly statusCode: number;
  readonly value: unknown;
  /** How large it was. */
  readonly bytes: number;
}

/** Statuses that say nothing of what was asked for: https://kubernetes.io/docs/reference/using-api/api-concepts/. */
const passing: ReadonlySet<number> = new Set([408, 425, 429]);

/**
 * Asks the API server until it answers: a connection that breaks, an answer that is late or is no JSON, 429 and 5xx are
 * tried again. Rejects with {@link ListProblem} when it is time to give up, and with {@link AnswerTooLargeError}.
 */
export class PatientReader {
  readonly #client: RawClient;
  readonly #patience: Patience;

  constructor(client: RawClient, patience: Patience) {
    this.#client = client;
    this.#patience = patience;
  }

  async read(path: string, signal: AbortSignal, reading: Reading): Promise<ReadAnswer> {
    const { giveUpMs, shortestPauseMs, longestPauseMs } = this.#patience;
    const startedMs = performance.now();
    for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const attempt = await this.#try(path, signal, reading);
      if ('statusCode' in attempt) return attempt;
      const waitMs = Math.max(pauseMs, attempt.retryAfterMs ?? 0);
      if (signal.aborted) throw new ListProblem('failed', `the time for it had passed: ${attempt.problem}`);
      if (performance.now() - startedMs + waitMs > giveUpMs) throw new ListProblem('failed', attempt.problem);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #try(
    path: string,
    signal: AbortSignal,
    { isUsable, parse = parseObjects }: Reading,
  ): Promise<ReadAnswer | { readonly problem: string; readonly retryAfterMs: number | undefined }> {
    const { answerMs, largestBytes } = this.#patience;
    const late = AbortSignal.timeout(answerMs);
    try {
      const answer = await this.#client.getRaw(path, { signal: AbortSignal.any([signal, late]), largestBytes });
      const { statusCode, retryAfterMs } = answer;
      const problem = `the API server answered ${statusCode} to GET ${pathOf(path)}`;
      if (statusCode >= 500 || passing.has(statusCode)) return { problem, retryAfterMs };
      const value = parsed(answer, parse);
      // What an error says beside its status is welcome, and nobody relies on it.
      if (statusCode !== 200 || isUsable(value)) return { statusCode, value, bytes: answer.body.length };
      return { problem: `the API server’s answer to GET ${pathOf(path)} cannot be read`, retryAfterMs };
    } catch (error) {
      if (error instanceof AnswerTooLargeError) throw error;
      const isLate = late.aborted && !signal.aborted;
      const late_ = `the API server did not answer GET ${pathOf(path)} within ${answerMs} ms`;
      return { problem: isLate ? late_ : problemOf(error, path), retryAfterMs: undefined };
    }
  }
}

function problemOf(error: unknown, path: string): string {
  const cause = error instanceof Error ? error.message : String(error);
  return `GET ${pathOf(path)} failed: ${cause}`;
}

/** Without the query: a continue token is long, and says nothing to anybody. */
function pathOf(path: string): string {
  return path.split('?', 1)[0] ?? path;
}

/** Undefined for what is no JSON. */
function parsed({ body }: RawAnswer, parse: (json: Buffer) => unknown): unknown {
  try {
    return parse(body);
  } catch {
    return undefined;
  }
}
