import type { IncomingMessage } from 'node:http';

import { AnswerTooLargeError, type RawAnswer } from './raw-client.ts';

/** Reads a body to its end. Rejects with {@link AnswerTooLargeError}. */
export async function readBody(
  method: string,
  path: string,
  response: IncomingMessage,
  largest: number,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > largest) throw new AnswerTooLargeError(path, method);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Reads the answer to a GET, whatever its status, and leaves it encoded. Rejects with {@link AnswerTooLargeError}. */
export async function readRawAnswer(path: string, response: IncomingMessage, largest: number): Promise<RawAnswer> {
  const body = await readBody('GET', path, response, largest);
  const contentEncoding = response.headers['content-encoding'];
  return { statusCode: response.statusCode ?? 0, retryAfterMs: retryAfterOf(response), contentEncoding, body };
}

/** RFC 9110 section 10.2.3; an API server gives seconds. */
function retryAfterOf(response: IncomingMessage): number | undefined {
  const seconds = Number(response.headers['retry-after'] ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : undefined;
}
