import type { IncomingMessage, ServerResponse } from 'node:http';

import type { Readiness } from '../admission/ports.ts';
import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { writeError, writeJson } from './error-answer.ts';
import { type HealthAnswer, healthAnswers } from './health.ts';
import { createPlainListener, type PlainListener } from './plain-listener.ts';
import { pathOfRead } from './read-path.ts';
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

const contentType = 'text/plain; version=0.0.4; charset=utf-8';
const defaultRenderMs = 5_000;

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
export function createOperationsListener(options: OperationsListenerOptions): PlainListener {
  return createPlainListener({
    ...options,
    answer: (request, response) => {
      answer(request, response, options);
    },
  });
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
