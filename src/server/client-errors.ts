import type { Server } from 'node:http';
import type { Server as SecureServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Socket } from 'node:net';

import type { FaultCounter } from '../admission/telemetry-ports.ts';
import { errorBody } from './error-answer.ts';
import { headersTooLarge, malformedRequest, type Refusal, requestAborted, slowRequest } from './refusals.ts';

export interface ClientErrorOptions {
  readonly faults: FaultCounter;
  readonly keepAliveMs: number;
}

/** How long a client may take to read the answer before its connection is destroyed. */
const lingerMs = 1_000;

const statusTexts: ReadonlyMap<number, string> = new Map([
  [400, 'Bad Request'],
  [408, 'Request Timeout'],
  [431, 'Request Header Fields Too Large'],
]);

/** Answers what cannot be parsed or does not arrive, counts it, and ends the connection in bounded time. */
export function answerClientErrors(server: Server | SecureServer, { faults, keepAliveMs }: ClientErrorOptions): void {
  const answered = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // The rest of what was answered comes in as further errors. It has to be read: what is unread when a connection ends
    // resets it, and the answer is lost.
    if (answered.has(socket) && error.code !== 'ECONNRESET') return;
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isUnused(socket)) {
      socket.setTimeout(keepAliveMs);
      return;
    }
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = refusalOf(error.code);
    faults.countFault(refusal.fault);
    answered.add(socket);
    socket.end(rawAnswer(refusal));
    const linger = setTimeout(() => {
      socket.destroy();
    }, lingerMs);
    linger.unref();
    socket.once('close', () => {
      clearTimeout(linger);
    });
  });
}

/**
 * A connection that never carried a byte is a spare one: Go's client dials more than it needs and keeps the rest for later.
 * Ending it early could hit the very moment of its first request, so it may stay as long as any idle connection.
 */
function isUnused(socket: Duplex): socket is Socket {
  return socket instanceof Socket && socket.bytesRead === 0;
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return slowRequest;
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge;
    case 'HPE_INVALID_EOF_STATE':
      return requestAborted;
    default:
      return malformedRequest;
  }
}

/** There is no response object to write to when a request cannot be parsed. */
function rawAnswer(refusal: Refusal): string {
  const body = errorBody(refusal);
  return [
    `HTTP/1.1 ${refusal.statusCode} ${statusTexts.get(refusal.statusCode) ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
