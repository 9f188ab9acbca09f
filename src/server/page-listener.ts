import type { IncomingMessage, ServerResponse } from 'node:http';

import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { writeError } from './error-answer.ts';
import { createPlainListener, type PlainListener } from './plain-listener.ts';
import { pathOfRead } from './read-path.ts';
import { foreignHost, internalError, noReport, type Refusal, unknownPagePath } from './refusals.ts';

/** What is shown: a whole HTML page, and the same as JSON. */
export interface ShownReport {
  html(): string;
  json(): string;
}

export interface PageListenerOptions {
  /** The last report; undefined where there is none. */
  readonly report: () => ShownReport | undefined;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
}

/** A page of another site that lets its name lead here is no operator. */
const localHost = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

const headers = {
  'Cache-Control': 'no-store',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Shows the last report to operators, and changes nothing. It is for the loopback interface: nothing asks who comes. */
export function createPageListener(options: PageListenerOptions): PlainListener {
  return createPlainListener({
    ...options,
    answer: (request, response) => {
      answer(request, response, options);
    },
  });
}

function answer(request: IncomingMessage, response: ServerResponse, options: PageListenerOptions): void {
  const refuse = (refusal: Refusal): void => {
    options.faults.countFault(refusal.fault);
    writeError(response, refusal);
  };
  if (!localHost.test(request.headers.host ?? '')) {
    refuse(foreignHost);
    return;
  }
  const path = pathOfRead(request);
  if (path !== '/' && path !== '/report.json') {
    refuse(unknownPagePath);
    return;
  }
  try {
    const report = options.report();
    if (report === undefined) refuse(noReport);
    else if (path === '/') write(response, 'text/html; charset=utf-8', report.html());
    else write(response, 'application/json', report.json());
  } catch (cause) {
    options.log.error('the report could not be shown', {}, cause);
    refuse(internalError);
  }
}

function write(response: ServerResponse, type: string, text: string): void {
  response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
  response.end(text);
}
