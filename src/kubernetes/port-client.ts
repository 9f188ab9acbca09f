import type { MessagePort } from 'node:worker_threads';

import type { ApiServerAccess } from './api-server-access.ts';
import { ownMemoryOf } from './own-memory.ts';
import { AnswerTooLargeError, type RawAnswer, type RawBounds, type RawClient } from './raw-client.ts';

/** What a thread asks of the thread that has the connections; questions are told apart by numbers. */
type Question =
  | { readonly id: number; readonly path: string; readonly largestBytes: number }
  | { readonly id: number; readonly wanted: 'access' }
  /** That question matters no longer. */
  | { readonly cancelled: number };

type Outcome =
  | (Omit<RawAnswer, 'body'> & { readonly body: Uint8Array<ArrayBuffer> })
  | { readonly access: ApiServerAccess | undefined }
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
    const { id, answered } = this.#expect();
    const cancel = () => {
      this.#tell({ cancelled: id });
    };
    signal.addEventListener('abort', cancel, { once: true });
    this.#tell({ id, path, largestBytes });
    const outcome = await answered;
    signal.removeEventListener('abort', cancel);
    return answerOf(outcome, path);
  }

  async access(): Promise<ApiServerAccess | undefined> {
    const { id, answered } = this.#expect();
    this.#tell({ id, wanted: 'access' });
    const outcome = await answered;
    if ('access' in outcome) return outcome.access;
    throw new Error('problem' in outcome ? outcome.problem : 'This is the answer to another question.');
  }

  /** Asks no more: the port keeps its thread alive. */
  close(): void {
    this.#port.close();
  }

  #expect(): { readonly id: number; readonly answered: Promise<Outcome> } {
    this.#lastId += 1;
    const id = this.#lastId;
    return { id, answered: new Promise((resolve) => this.#waiting.set(id, resolve)) };
  }

  #tell(question: Question): void {
    this.#port.postMessage(question);
  }
}

function answerOf(outcome: Outcome, path: string): RawAnswer {
  if ('problem' in outcome) throw new Error(outcome.problem);
  if ('isTooLarge' in outcome) throw new AnswerTooLargeError(path);
  if ('access' in outcome) throw new Error('This is the answer to another question.');
  const { body, ...answer } = outcome;
  return { ...answer, body: Buffer.from(body.buffer, body.byteOffset, body.byteLength) };
}

/** Answers the questions of a {@link PortClient} at the other end of the port, until that is closed. */
export function answerQuestions(port: MessagePort, client: RawClient): void {
  const running = new Map<number, AbortController>();
  port.on('message', (question: Question) => {
    if ('cancelled' in question) {
      running.get(question.cancelled)?.abort();
      return;
    }
    if ('wanted' in question) {
      void tellAccess(port, question.id, client);
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

async function tellAccess(port: MessagePort, id: number, client: RawClient): Promise<void> {
  const tell = (outcome: Outcome) => {
    port.postMessage({ id, outcome } satisfies Answer);
  };
  try {
    tell({ access: await client.access?.() });
  } catch (error) {
    tell({ problem: problemOf(error) });
  }
}

async function outcomeOf(client: RawClient, path: string, bounds: RawBounds): Promise<Outcome> {
  try {
    const { body, ...answer } = await client.getRaw(path, bounds);
    return { ...answer, body: new Uint8Array(body.buffer as ArrayBuffer, body.byteOffset, body.length) };
  } catch (error) {
    if (error instanceof AnswerTooLargeError) return { isTooLarge: true };
    return { problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A body is moved and not copied, where its memory is its own: small ones share theirs with others. */
function movable(outcome: Outcome): readonly ArrayBuffer[] {
  if (!('body' in outcome)) return [];
  const memory = ownMemoryOf(outcome.body);
  return memory === undefined ? [] : [memory];
}
