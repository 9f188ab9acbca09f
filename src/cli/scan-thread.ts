import { once } from 'node:events';
import { extname } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MessageChannel, Worker, type MessagePort, type ResourceLimits } from 'node:worker_threads';

import type { AuditReport } from '../audit/audit-report.ts';
import { ReportJoin, type ReportPart } from '../audit/report-parts.ts';
import { answerQuestions } from '../kubernetes/port-client.ts';
import type { RawClient } from '../kubernetes/raw-client.ts';
import type { Mode } from '../policy/policy-document.ts';

/** What a thread needs to scan; all of it can be copied. */
export interface ScanRequest {
  /** What the report calls the cluster. */
  readonly name: string;
  /** The documents of the policy set in force, which the thread compiles itself. */
  readonly documents: readonly unknown[];
  readonly strongestMode: Mode;
  /** The time now, in milliseconds since 1970. */
  readonly startedMs: number;
  /** What is not read by then is unknown. */
  readonly longestMs: number;
}

/** What a thread is started with. */
export interface ScanThreadData {
  readonly request: ScanRequest;
  /** To ask the API server through. */
  readonly port: MessagePort;
}

/** A part of the report, or that there are no more; each is sent when the one before was taken. */
export type ScanMessage = ReportPart | { readonly isWhole: true };

/** Enough for what is found in some ten thousand namespaces; with the rest of the server within the limit of the chart. */
const heap: ResourceLimits = { maxYoungGenerationSizeMb: 24, maxOldGenerationSizeMb: 320 };

/** Bounds of a thread; the usual ones but in tests. */
export interface ThreadBounds {
  readonly resourceLimits?: ResourceLimits;
  readonly longestGraceMs?: number;
}

const entry = new URL(`./scan-thread-entry${extname(import.meta.filename)}`, import.meta.url);

/** A thread ends by its own deadline; one that does not, ends so much later. */
const graceMs = 30_000;

/**
 * Scans a whole cluster in a thread of its own, so that admission does not wait for it, and with a heap of its own, so that
 * one that is too small ends the scan and not the server. The thread asks the API server itself where the client can tell it
 * how, and through the client otherwise. Rejects when the thread fails or hangs, or the signal ends.
 */
export async function scanInThread(
  request: ScanRequest,
  client: RawClient,
  stop: AbortSignal,
  { resourceLimits = heap, longestGraceMs = graceMs }: ThreadBounds = {},
): Promise<AuditReport> {
  stop.throwIfAborted();
  const signal = AbortSignal.any([stop, AbortSignal.timeout(request.longestMs + longestGraceMs)]);
  const channel = new MessageChannel();
  answerQuestions(channel.port1, client);
  const workerData: ScanThreadData = { request, port: channel.port2 };
  const worker = new Worker(entry, { workerData, transferList: [channel.port2], resourceLimits, execArgv: [] });
  const over = new AbortController();
  const gone = once(worker, 'exit', { signal: over.signal }).then(([code]) => {
    throw new Error(`The thread of the scan ended with ${String(code)}.`);
  });
  // The end of a thread that has told everything, or was told to stop, is no news.
  gone.catch(() => undefined);
  worker.on('error', () => undefined);
  try {
    return await Promise.race([join(worker, signal), gone]);
  } finally {
    over.abort();
    await worker.terminate();
    channel.port1.close();
  }
}

async function join(worker: Worker, signal: AbortSignal): Promise<AuditReport> {
  const joined = new ReportJoin();
  for (;;) {
    const [message] = (await once(worker, 'message', { signal })) as [ScanMessage];
    if ('isWhole' in message) return joined.report();
    joined.add(message);
    // Requests have their turn between two parts.
    await nextTurn();
    worker.postMessage('next');
  }
}
