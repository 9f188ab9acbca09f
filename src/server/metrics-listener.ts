import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { closeServer } from './close-server.ts';
import { writeError } from './error-answer.ts';
import { internalError, type Refusal } from './refusals.ts';

export interface MetricsListenerOptions {
  /** The metrics in the Prometheus text format. */
  readonly render: () => Promise<string>;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  readonly renderMs?: number;
}

export interface MetricsListener {
  /** Resolves to the bound port. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  stop(): Promise<void>;
}

const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const listenMs = 5_000;
const closeMs = 1_000;
const defaultRenderMs = 5_000;
const maxConnections = 50;

const unknownPath: Refusal = {
  statusCode: 404,
  code: 'unknown-path',
  message: 'No such path. Send GET /metrics.',
  fault: 'unknown-path',
};

/** Serves `GET /metrics` in plain HTTP on a port of its own: scrapers need neither the webhook's port nor its certificates. */
export function createMetricsListener(options: MetricsListenerOptions): MetricsListener {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192 },
    (request, response) => {
      if (!isScrape(request)) {
        options.faults.countFault(unknownPath.fault);
        writeError(response, unknownPath);
        return;
      }
      void answerScrape(response, options);
    },
  );
  server.maxConnections = maxConnections;
  return {
    async listen(address) {
      server.listen(address);
      await once(server, 'listening', { signal: AbortSignal.timeout(listenMs) });
      const bound = server.address();
      return bound === null || typeof bound === 'string' ? address.port : bound.port;
    },
    stop: () => closeServer(server, closeMs),
  };
}

function isScrape({ method, url }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && (url === '/metrics' || url?.startsWith('/metrics?') === true);
}

/** Never rejects: what goes wrong is answered, logged and counted. */
async function answerScrape(response: ServerResponse, options: MetricsListenerOptions): Promise<void> {
  const { render, faults, log, renderMs = defaultRenderMs } = options;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`The metrics were not ready within ${renderMs} ms.`));
  }, renderMs);
  try {
    const text = await Promise.race([render(), late.promise]);
    response.writeHead(200, ['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(text))]);
    response.end(text);
  } catch (cause) {
    faults.countFault(internalError.fault);
    log.error('the metrics could not be written', {}, cause);
    writeError(response, internalError);
  } finally {
    clearTimeout(timer);
  }
}
