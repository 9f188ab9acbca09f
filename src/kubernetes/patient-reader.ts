import { setTimeout as delay } from 'node:timers/promises';

import { ListProblem } from '../audit/ports.ts';
import { decode } from './content-encoding.ts';
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

/** A question that is on its way. */
export interface Question {
  readonly path: string;
  readonly answered: Promise<RawAnswer | NoAnswer>;
}

/** Why there is no answer, or none that says something. */
interface NoAnswer {
  readonly problem: string;
  readonly retryAfterMs: number | undefined;
}

/** An answer that says something, parsed. */
export interface ReadAnswer {
  readonly statusCode: number;
  readonly value: unknown;
  /** How large it was, decoded. */
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

  /** Asks for what is read soon, so that it is at hand by then. */
  ask(path: string, signal: AbortSignal): Question {
    const answered = this.#askOnce(path, signal);
    // Whoever reads hears of it.
    answered.catch(() => undefined);
    return { path, answered };
  }

  /** Reads the answer to a question, and asks again where it says nothing. */
  async read({ path, answered }: Question, signal: AbortSignal, reading: Reading): Promise<ReadAnswer> {
    const { giveUpMs, shortestPauseMs, longestPauseMs } = this.#patience;
    const startedMs = performance.now();
    let [answer, pauseMs] = [answered, shortestPauseMs];
    for (;;) {
      const attempt = this.#readOnce(path, await answer, reading);
      if ('statusCode' in attempt) return attempt;
      const waitMs = Math.max(pauseMs, attempt.retryAfterMs ?? 0);
      if (signal.aborted) throw new ListProblem('failed', `the time for it had passed: ${attempt.problem}`);
      if (performance.now() - startedMs + waitMs > giveUpMs) throw new ListProblem('failed', attempt.problem);
      await delay(waitMs, undefined, { signal }).catch(() => undefined);
      answer = this.#askOnce(path, signal);
      pauseMs = Math.min(pauseMs * 2, longestPauseMs);
    }
  }

  /** Rejects with {@link AnswerTooLargeError} alone. */
  async #askOnce(path: string, signal: AbortSignal): Promise<RawAnswer | NoAnswer> {
    const { answerMs, largestBytes } = this.#patience;
    const late = AbortSignal.timeout(answerMs);
    try {
      return await this.#client.getRaw(path, { signal: AbortSignal.any([signal, late]), largestBytes });
    } catch (error) {
      if (error instanceof AnswerTooLargeError) throw error;
      const isLate = late.aborted && !signal.aborted;
      const late_ = `the API server did not answer GET ${pathOf(path)} within ${answerMs} ms`;
      return { problem: isLate ? late_ : problemOf(error, path), retryAfterMs: undefined };
    }
  }

  #readOnce(path: string, answer: RawAnswer | NoAnswer, reading: Reading): ReadAnswer | NoAnswer {
    if ('problem' in answer) return answer;
    const { statusCode, retryAfterMs } = answer;
    if (statusCode >= 500 || passing.has(statusCode))
      return { problem: `the API server answered ${statusCode} to GET ${pathOf(path)}`, retryAfterMs };
    const { isUsable, parse = parseObjects } = reading;
    const json = this.#decoded(path, answer);
    const value = json && parsed(json, parse);
    // What an error says beside its status is welcome, and nobody relies on it.
    if (statusCode !== 200 || isUsable(value)) return { statusCode, value, bytes: json?.length ?? 0 };
    return { problem: `the API server’s answer to GET ${pathOf(path)} cannot be read`, retryAfterMs };
  }

  /** Undefined for what cannot be decoded. */
  #decoded(path: string, { contentEncoding, body }: RawAnswer): Buffer | undefined {
    const { largestBytes } = this.#patience;
    const decoded = decode(body, contentEncoding, largestBytes);
    if (decoded === 'too large') throw new AnswerTooLargeError(path);
    return decoded;
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
function parsed(json: Buffer, parse: (json: Buffer) => unknown): unknown {
  try {
    return parse(json);
  } catch {
    return undefined;
  }
}
