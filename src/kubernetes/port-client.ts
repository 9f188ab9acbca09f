import type { MessagePort } from 'node:worker_threads';

import { AnswerTooLargeError, type RawAnswer, type RawBounds, type RawClient } from './raw-client.ts';

/** What a thread asks of the thread that has the connections; questions are told apart by numbers. */
type Question =
  | { readonly id: number; readonly path: string; readonly largestBytes: number }
  /** That question matters no longer. */
  | { readonly cancelled: number };

type Outcome =
  | { readonly statusCode: number; readonly retryAfterMs: number | undefined; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly problem: string }
  | { readonly isTooLarge: true };

interface Answer {
  readonly id: number;
  readonly outcome: Outcome;
}

/** Asks by way of another thread, which answers by {@link answerQuestions}: connections and credentials stay there. */
export class PortClient implements RawClient {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, (outcome: Outcome) => void>();
  #lastId = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', ({ id, outcome }: Answer) => {
      this.#waiting.get(id)?.(outcome);
      this.#waiting.delete(id);
    });
  }

  async getRaw(path: string, { signal, largestBytes }: RawBounds): Promise<RawAnswer> {
    signal.throwIfAborted();
    this.#lastId += 1;
    const id = this.#lastId;
    const answered = new Promise<Outcome>((resolve) => this.#waiting.set(id, resolve));
    const cancel = () => {
      this.#tell({ cancelled: id });
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#tell({ id, path, largestBytes });
    const outcome = await answered;
    signal.removeEventListener('abort', cancel);
    return answerOf(outcome, path);
  }

  /** Asks no more: the port keeps its thread alive. */
  close(): void {
    this.#port.close();
  }

  #tell(question: Question): void {
    this.#port.postMessage(question);
  }
}

function answerOf(outcome: Outcome, path: string): RawAnswer {
  if ('problem' in outcome) throw new Error(outcome.problem);
  if ('isTooLarge' in outcome) throw new AnswerTooLargeError(path);
  const { statusCode, retryAfterMs, body } = outcome;
  return { statusCode, retryAfterMs, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
}

/** Answers the questions of a {@link PortClient} at the other end of the port, until that is closed. */
export function answerQuestions(port: MessagePort, client: RawClient): void {
  const running = new Map<number, AbortController>();
  port.on('message', (question: Question) => {
    if ('cancelled' in question) {
      running.get(question.cancelled)?.abort();
      return;
    }
    const cancelled = new AbortController();
    const { id, path, largestBytes } = question;
    running.set(id, cancelled);
    void outcomeOf(client, path, { signal: cancelled.signal, largestBytes }).then((outcome) => {
      running.delete(id);
      const answer: Answer = { id, outcome };
      port.postMessage(answer, movable(outcome));
    });
  });
  port.on('close', () => {
    for (const cancelled of running.values()) cancelled.abort();
  });
}

async function outcomeOf(client: RawClient, path: string, bounds: RawBounds): Promise<Outcome> {
  try {
    const { statusCode, retryAfterMs, body } = await client.getRaw(path, bounds);
    return { statusCode, retryAfterMs, body: new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.length) };
  } catch (error) {
    if (error instanceof AnswerTooLargeError) return { isTooLarge: true };
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** A body is moved and not copied, where its memory is its own: small ones share theirs with others. */
function movable(outcome: Outcome): readonly ArrayBuffer[] {
  if (!('body' in outcome)) return [];
  const { buffer, byteLength } = outcome.body;
  return buffer.byteLength === byteLength ? [buffer] : [];
}
