import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';

import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { rationedWarning } from './rationed-warning.ts';

export interface ClientGuardOptions {
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  readonly isMutual: boolean;
  /** Common names that are let in; all that the client CA signed when absent. */
  readonly clientNames?: readonly string[] | undefined;
}

/** Ends connections of clients that may not call, before a byte of their requests is read, and counts them. */
export function guardClients(server: Server, options: ClientGuardOptions): void {
  const { faults, log, isMutual, clientNames } = options;
  const warn = rationedWarning(log);
  server.on('tlsClientError', (error, socket) => {
    faults.countFault('tls-handshake');
    const code = 'code' in error && typeof error.code === 'string' ? error.code : error.message;
    warn('a TLS handshake failed', { code: code.slice(0, 100), remote: socket.remoteAddress ?? '' });
  });
  if (!isMutual || clientNames === undefined) return;
  const allowed = new Set(clientNames);
  // Before the server's own listener, which would start to read requests.
  server.prependListener('secureConnection', (socket) => {
    const name = commonNameOf(socket);
    if (name !== undefined && allowed.has(name)) return;
    faults.countFault('client-refused');
    warn('a client was refused: its common name is not among the allowed ones', { name: (name ?? '').slice(0, 100) });
    socket.destroy();
  });
}

/** The common name, if there is exactly one. */
function commonNameOf(socket: TLSSocket): string | undefined {
  // Node's types promise a string, but several names come as an array, and no certificate as an empty object.
  const peer: { readonly subject?: { readonly CN?: unknown } } = socket.getPeerCertificate();
  const name = peer.subject?.CN;
  return typeof name === 'string' ? name : undefined;
}
