import type { ApiServerAccess } from './api-server-access.ts';

/** Bounds of one question. */
export interface RawBounds {
  readonly signal: AbortSignal;
  /** An answer that is larger is not read. */
  readonly largestBytes: number;
}

/** An answer as it came, whatever its status. */
export interface RawAnswer {
  readonly statusCode: number;
  /** How long the API server asks to be left alone, where it says so. */
  readonly retryAfterMs: number | undefined;
  /** RFC 9110 section 8.4: how the body is to be decoded. Undefined where it is not. */
  readonly contentEncoding: string | undefined;
  /** Nobody else has it. */
  readonly body: Buffer;
}

/** An answer is larger than whoever asked can hold. */
export class AnswerTooLargeError extends Error {
  constructor(path: string, method = 'GET') {
    super(`the API server’s answer to ${method} ${path} is too large`);
    this.name = 'AnswerTooLargeError';
  }
}

/** Asks the API server, for many answers in a row. */
export interface RawClient {
  /** Reads an answer of any status. Rejects when none comes, and with {@link AnswerTooLargeError}. */
  getRaw(path: string, bounds: RawBounds): Promise<RawAnswer>;
  /** How others can ask themselves, where they can. */
  access?(): Promise<ApiServerAccess | undefined>;
}
