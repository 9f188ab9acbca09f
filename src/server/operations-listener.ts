import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import type { Readiness } from '../admission/ports.ts';
import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { closeServer } from './close-server.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { writeError, writeJson } from './error-answer.ts';
import { type HealthAnswer, healthAnswers } from './health.ts';
import { internalError, type Refusal } from './refusals.ts';

export interface OperationsListenerOptions {
  /** The metrics in the Prometheus text format. */
  readonly render: () => Promise<string>;
  readonly readiness: Readiness;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  readonly renderMs?: number;
  readonly maxConnections?: number;
}

export interface OperationsListener {
  /** Resolves to the bound port. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  stop(): Promise<void>;
}

const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const listenMs = 5_000;
const closeMs = 1_000;
const defaultRenderMs = 5_000;
const graceMs = 100;
/** A kubelet and some scrapers hold a few; whoever else takes the rest is ended for them. */
const defaultMaxConnections = 100;

const unknownPath: Refusal = {
  statusCode: 404,
  code: 'unknown-path',
  message: 'No such path. Send GET /metrics, GET /healthz or GET /readyz.',
  fault: 'unknown-path',
};

/**
 * Serves metrics and health in plain HTTP on a port of its own: scrapers and the kubelet need neither the webhook's port,
 * which opens only when every answer is right, nor a client certificate.
 */
export function createOperationsListener(options: OperationsListenerOptions): OperationsListener {
  const connections = new ConnectionLimit({ maxConnections: defaultMaxConnections, ...options });
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      connections.asked(request, response);
      answer(request, response, options);
    },
  );
  server.on('connection', (socket) => {
    connections.admit(socket);
  });
  return {
    async listen(address) {
      server.listen(address);
      await once(server, 'listening', { signal: AbortSignal.timeout(listenMs) });
      const bound = server.address();
      return bound === null || typeof bound === 'string' ? address.port : bound.port;
    },
    stop: () =>
      closeServer(server, {
        graceMs,
        endStalled: () => {
          connections.endStalled();
        },
        deadlineMs: closeMs,
      }),
  };
}

function answer(request: IncomingMessage, response: ServerResponse, options: OperationsListenerOptions): void {
  const path = pathOfRead(request);
  const askHealth = healthAnswers.get(path);
  if (path === '/metrics') void answerScrape(response, options);
  else if (askHealth !== undefined) answerHealth(() => askHealth(options.readiness), response, options);
  else {
    options.faults.countFault(unknownPath.fault);
    writeError(response, unknownPath);
  }
}

/** Never throws: readiness that cannot be told is none. */
function answerHealth(ask: () => HealthAnswer, response: ServerResponse, options: OperationsListenerOptions): void {
  try {
    const { statusCode, body } = ask();
    writeJson(response, statusCode, body);
  } catch (cause) {
    fail(response, options, 'health could not be told', cause);
  }
}

/** The path of a GET or HEAD, without its query; empty for any other method. */
function pathOfRead({ method, url = '' }: IncomingMessage): string {
  return method === 'GET' || method === 'HEAD' ? (url.split('?', 1)[0] ?? '') : '';
}

/** Never rejects: what goes wrong is answered, logged and counted. */
async function answerScrape(response: ServerResponse, options: OperationsListenerOptions): Promise<void> {
  const { render, renderMs = defaultRenderMs } = options;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new Error(`The metrics were not ready within ${renderMs} ms.`));
  }, renderMs);
  try {
    const text = await Promise.race([render(), late.promise]);
    response.writeHead(200, ['Content-Type', contentType, 'Content-Length', String(Buffer.byteLength(text))]);
    response.end(text);
  } catch (cause) {
    fail(response, options, 'the metrics could not be written', cause);
  } finally {
    clearTimeout(timer);
  }
}

function fail(
  response: ServerResponse,
  { faults, log }: OperationsListenerOptions,
  message: string,
  cause: unknown,
): void {
  faults.countFault(internalError.fault);
  log.error(message, {}, cause);
  writeError(response, internalError);
}
