import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { closeServer } from './close-server.ts';
import { ConnectionLimit } from './connection-limit.ts';

export interface PlainListenerOptions {
  /** Answers a request. Never throws. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  readonly maxConnections?: number;
}

/** A port that is not the webhook's. */
export interface PlainListener {
  /** Resolves to the bound port. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  stop(): Promise<void>;
}

const listenMs = 5_000;
const closeMs = 1_000;
const graceMs = 100;
/** A kubelet, some scrapers and some people hold a few; whoever else takes the rest is ended for them. */
const defaultMaxConnections = 100;

/** Serves plain HTTP, with bounds on connections and times. */
export function createPlainListener(options: PlainListenerOptions): PlainListener {
  const connections = new ConnectionLimit({ maxConnections: defaultMaxConnections, ...options });
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8_192, connectionsCheckingInterval: 1_000 },
    (request, response) => {
      connections.asked(request, response);
      options.answer(request, response);
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
