import { openClient, type ClientAnswer } from './tls-client.ts';

export interface LoadOptions {
  readonly port: number;
  readonly ca: string;
  readonly connections: number;
  readonly path: string;
  readonly body: string;
}

/** What a load has seen so far. */
export interface RefusedLoadReport {
  answered: number;
  /** Requests that were turned away at once with 503, as a machine with much else to do may: an answer, and none is lost. */
  turnedAway: number;
  /** Answers that told to take another connection. */
  toldToClose: number;
  /** What came in place of an answer. */
  readonly lost: unknown[];
}

export interface LoadUntilRefused {
  readonly report: RefusedLoadReport;
  /** Resolves when no connection can be had any more. */
  readonly ended: Promise<void>;
}

/** Asks without a pause, and takes another connection when told to, as an HTTP client does, until none can be had. */
export function loadUntilRefused({ port, ca, connections, path, body }: LoadOptions): LoadUntilRefused {
  const report: RefusedLoadReport = { answered: 0, turnedAway: 0, toldToClose: 0, lost: [] };
  async function work(): Promise<void> {
    for (;;) {
      const client = await openClient(port, ca).catch(() => undefined);
      if (client === undefined) return;
      while (client.socket.writable && !client.socket.readableEnded) {
        const answer = await client.ask(path, body).catch((error: unknown) => ({ error }));
        if ('error' in answer || (answer.statusCode !== 200 && !isTurnedAway(answer))) {
          report.lost.push(answer);
          break;
        }
        if (answer.statusCode === 200) report.answered += 1;
        else report.turnedAway += 1;
        if (answer.isLast) {
          report.toldToClose += 1;
          break;
        }
      }
      client.socket.destroy();
    }
  }
  const ended = Promise.all(Array.from({ length: connections }, () => work())).then(() => undefined);
  return { report, ended };
}

function isTurnedAway({ statusCode, body }: ClientAnswer): boolean {
  return statusCode === 503 && body.includes('"code":"overloaded"');
}
