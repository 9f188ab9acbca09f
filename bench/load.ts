import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';

import type { ExpectedAnswer, PreparedRequest } from './reviews.ts';

export interface ConnectOptions {
  readonly port: number;
  readonly caCertificate: string;
  /** At least one for each connection; a connection sends its share in turn. */
  readonly requests: readonly PreparedRequest[];
  /** As many as an API server keeps when absent. */
  readonly connections?: number;
}

/** What became of a request: shed is 503 with Retry-After, and wrong is everything that it should not be. */
export type Outcome = 'right' | 'shed' | 'wrong';

/** Told of each answer of paced load: when its request was due, and when it came, in milliseconds. */
export type AnswerObserver = (outcome: Outcome, dueMs: number, answeredMs: number) => void;

export interface LoadResult {
  readonly answers: number;
  /** Answers of another uid, another outcome or another status, and connections that broke. */
  readonly wrong: number;
  readonly shed: number;
  readonly seconds: number;
  /** From the time a request was due to its whole right answer, in milliseconds, sorted. Only of paced load. */
  readonly latenciesMs: Float64Array;
}

export const connections = 25;
const connectMs = 10_000;
/** So many handshakes at once. */
const connectBatch = 25;
/** Load that stands still is ended. */
const graceMs = 10_000;
/** More than any server here can answer; bounds the memory of latencies. */
const mostRequestsPerSecond = 100_000;

/** How requests of a fixed rate are sent. */
interface Pacing {
  readonly isOver: () => boolean;
  /** Resolves when it is time to look again. */
  readonly turn: () => Promise<void>;
  readonly isCountedFromSending?: boolean;
  readonly observe?: AnswerObserver | undefined;
}

/** Keep-alive connections to one server, for as many measurements as wanted. */
export class Load {
  readonly #clients: readonly Client[];

  private constructor(clients: readonly Client[]) {
    this.#clients = clients;
  }

  static async open(options: ConnectOptions): Promise<Load> {
    const { port, caCertificate, requests, connections: count = connections } = options;
    const share = Math.floor(requests.length / count);
    const clients: Client[] = [];
    while (clients.length < count) {
      const batch = Array.from({ length: Math.min(connectBatch, count - clients.length) }, async (_, index) => {
        const first = (clients.length + index) * share;
        return new Client(await openSocket(port, caCertificate), requests.slice(first, first + share));
      });
      clients.push(...(await Promise.all(batch)));
    }
    return new Load(clients);
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  /** Closed loop: each connection asks again as soon as it was answered, until the time is over. */
  async saturate(seconds: number): Promise<LoadResult> {
    const startedMs = performance.now();
    const endMs = startedMs + seconds * 1_000;
    const work = this.#clients.map(async (client) => {
      do await client.ask();
      while (performance.now() < endMs && client.isOpen);
    });
    return this.#finish(work, startedMs, endMs, []);
  }

  /**
   * Open loop: requests are due at a fixed rate, whatever the server does, and latency counts from the time each was due,
   * so that a server that stalls cannot hide it (coordinated omission).
   */
  async pace(seconds: number, perSecond: number, observe?: AnswerObserver): Promise<LoadResult> {
    const endMs = performance.now() + seconds * 1_000;
    // Turns of the event loop are the clock: timers are too coarse for some thousand requests a second.
    return this.#askInTime(perSecond, { isOver: () => performance.now() >= endMs, turn: nextTurn, observe });
  }

  /**
   * Few requests, at a fixed rate until something has happened. In between this process sleeps, so that others have its
   * core; so latency counts from when each was sent.
   */
  async trickle(perSecond: number, turnMs: number, end: Promise<unknown>): Promise<LoadResult> {
    let isOver = false;
    const over = end.finally(() => {
      isOver = true;
    });
    const turn = () => delay(turnMs);
    const asked = this.#askInTime(perSecond, { isOver: () => isOver, turn, isCountedFromSending: true });
    const [result] = await Promise.all([asked, over]);
    return result;
  }

  async #askInTime(
    perSecond: number,
    { isOver, turn, isCountedFromSending = false, observe }: Pacing,
  ): Promise<LoadResult> {
    const startedMs = performance.now();
    const stepMs = 1_000 / Math.min(Math.max(perSecond, 1), mostRequestsPerSecond);
    const latencies: number[] = [];
    const idle = [...this.#clients];
    const work: Promise<void>[] = [];
    const ask = async (client: Client, dueMs: number): Promise<void> => {
      const sinceMs = isCountedFromSending ? performance.now() : dueMs;
      const outcome = await client.ask();
      const answeredMs = performance.now();
      if (outcome === 'right') latencies.push(answeredMs - sinceMs);
      observe?.(outcome, dueMs, answeredMs);
      idle.push(client);
    };
    let dueMs = startedMs;
    while (!isOver()) {
      for (; dueMs <= performance.now() && idle.length > 0; dueMs += stepMs) work.push(ask(idle.shift()!, dueMs));
      await turn();
    }
    return this.#finish(work, startedMs, performance.now(), latencies);
  }

  /** Waits for what is under way. Connections that are not in time are ended, and count as wrong. */
  async #finish(
    work: readonly Promise<void>[],
    startedMs: number,
    endMs: number,
    latencies: readonly number[],
  ): Promise<LoadResult> {
    const limit = setTimeout(
      () => {
        this.close();
      },
      endMs - performance.now() + graceMs,
    );
    await Promise.all(work);
    clearTimeout(limit);
    const seconds = (performance.now() - startedMs) / 1_000;
    const counts = this.#clients.map((client) => client.takeCounts());
    return {
      answers: counts.reduce((sum, { answers }) => sum + answers, 0),
      wrong: counts.reduce((sum, { wrong }) => sum + wrong, 0),
      shed: counts.reduce((sum, { shed }) => sum + shed, 0),
      seconds,
      latenciesMs: Float64Array.from(latencies).sort(),
    };
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** One cipher for all servers: they would choose different ones. */
export function openSocket(port: number, caCertificate: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: caCertificate,
      minVersion: 'TLSv1.3',
      ciphers: 'TLS_AES_128_GCM_SHA256',
      ALPNProtocols: ['http/1.1'],
    });
    socket.setNoDelay(true);
    socket.setTimeout(connectMs, () => socket.destroy(new Error('no connection in time')));
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.setTimeout(0);
      resolve(socket);
    });
  });
}

/** One connection: writes prepared bytes and checks every answer. */
export class Client {
  readonly #socket: TLSSocket;
  readonly #requests: readonly PreparedRequest[];
  #asked = 0;
  #waiting: { readonly request: PreparedRequest; readonly resolve: (outcome: Outcome) => void } | undefined;
  #received = '';
  #answers = 0;
  #wrong = 0;
  #shed = 0;

  constructor(socket: TLSSocket, requests: readonly PreparedRequest[]) {
    this.#socket = socket;
    this.#requests = requests;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.#receive(text);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (this.#waiting !== undefined) this.#answered('wrong');
    });
  }

  get asked(): number {
    return this.#asked;
  }

  get isOpen(): boolean {
    return this.#socket.writable;
  }

  /** Sends the next request. Resolves when it was answered, rightly or not, or when the connection broke. */
  ask(): Promise<Outcome> {
    const request = this.#requests[this.#asked % this.#requests.length]!;
    this.#asked += 1;
    return new Promise((resolve) => {
      this.#waiting = { request, resolve };
      if (this.isOpen) this.#socket.write(request.bytes);
      else this.#answered('wrong');
    });
  }

  /** What was counted since the last time. */
  takeCounts(): { readonly answers: number; readonly wrong: number; readonly shed: number } {
    const counts = { answers: this.#answers, wrong: this.#wrong, shed: this.#shed };
    this.#answers = 0;
    this.#wrong = 0;
    this.#shed = 0;
    return counts;
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    this.#received += text;
    const bodyStart = this.#received.indexOf('\r\n\r\n') + 4;
    if (bodyStart < 4) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received)?.[1]);
    if (this.#received.length < bodyStart + length) return;
    const answer = this.#received;
    this.#received = '';
    const isWhole = answer.length === bodyStart + length;
    this.#answered(isWhole ? outcomeOf(answer, answer.slice(bodyStart), this.#waiting?.request) : 'wrong');
  }

  #answered(outcome: Outcome): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#answers += 1;
    if (outcome === 'wrong') this.#wrong += 1;
    if (outcome === 'shed') this.#shed += 1;
    waiting?.resolve(outcome);
  }
}

/** An answer that nobody asked for is wrong. */
function outcomeOf(answer: string, body: string, request: PreparedRequest | undefined): Outcome {
  if (request === undefined) return 'wrong';
  if (answer.startsWith('HTTP/1.1 503 ') && /\r\nretry-after: *\d+\r\n/i.test(answer)) return 'shed';
  return answer.startsWith('HTTP/1.1 200 ') && isRightAnswer(body, request) ? 'right' : 'wrong';
}

function isRightAnswer(body: string, { uid, expected }: PreparedRequest): boolean {
  const { response } = JSON.parse(body) as {
    readonly response: { readonly uid: unknown; readonly allowed: unknown; readonly patch?: unknown };
  };
  return response.uid === uid && verdictOf(response) === expected;
}

function verdictOf({ allowed, patch }: { readonly allowed: unknown; readonly patch?: unknown }): ExpectedAnswer {
  if (allowed !== true) return 'denied';
  return typeof patch === 'string' ? 'patched' : 'allowed';
}
