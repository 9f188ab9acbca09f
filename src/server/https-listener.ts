import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server, type ServerOptions } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureContextOptions, SecureVersion } from 'node:tls';

import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { answerClientErrors } from './client-errors.ts';
import { guardClients } from './client-guard.ts';
import { closeServer } from './close-server.ts';
import { ConnectionLimit } from './connection-limit.ts';
import { queueHandshakes } from './handshake-queue.ts';
import type { TlsMaterial } from './serving-certificate.ts';

export interface HttpsListenerOptions {
  /** Answers every request, such as `app.routing`. */
  readonly handler: (request: IncomingMessage, response: ServerResponse) => void;
  /** With a client CA, clients must show a certificate of it before a byte of theirs is read. */
  readonly material: TlsMaterial;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  readonly minimumTlsVersion?: 'TLSv1.2' | 'TLSv1.3' | undefined;
  /** Common names of the clients that are let in; all that the client CA signed when absent. */
  readonly clientNames?: readonly string[] | undefined;
  /** Called when the drain begins: readiness must be false from then on. */
  readonly onDraining?: (() => void) | undefined;
  readonly limits?: Partial<ListenerLimits> | undefined;
}

/** Bounds of connections and times. */
export interface ListenerLimits {
  /** Longer than the 90 s for which the API server keeps an idle connection, so that it is the one to end it. */
  readonly keepAliveMs: number;
  readonly headersMs: number;
  /** From the first byte of a request to its last: against clients that send slowly on purpose. */
  readonly requestMs: number;
  /** How often slow requests are looked for. */
  readonly checkMs: number;
  /** The API server gives a handshake as long. */
  readonly handshakeMs: number;
  /**
   * Connections with and without TLS; at the bound the longest-stalled make room for new ones. An API server runs at most 600
   * requests at once by default: three of them fit.
   */
  readonly maxConnections: number;
  /** How long clients are told to reconnect elsewhere before the listener closes. */
  readonly drainMs: number;
  /** How long requests that are still arriving may take after the drain; stalled ones look the same. */
  readonly graceMs: number;
  /** How long requests that are being judged may take after the drain; longer than the longest call. */
  readonly closeMs: number;
}

export interface HttpsListener {
  /** Resolves to the bound port. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>;
  /** Serves new handshakes with this material; open connections go on. Throws where TLS refuses it. */
  useMaterial(material: TlsMaterial): void;
  /** Stops without losing a request; resolves when every connection is closed. */
  drain(): Promise<void>;
}

const defaultLimits: ListenerLimits = {
  keepAliveMs: 120_000,
  headersMs: 10_000,
  requestMs: 15_000,
  checkMs: 1_000,
  handshakeMs: 10_000,
  maxConnections: 2_000,
  drainMs: 2_000,
  graceMs: 1_000,
  closeMs: 12_000,
};

const listenMs = 5_000;
/** Connections that may wait to be accepted: with Node's 511, a burst of new ones would be held up by a second. */
const backlog = 4_096;

/** AEAD with forward secrecy only; the first line is TLS 1.3, the second matters when 1.2 is allowed. */
const ciphers = [
  'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384',
].join(':');

/** An HTTPS server for a webhook: HTTP/1.1 only, as API servers speak it. It does not listen yet. */
export function createHttpsListener(options: HttpsListenerOptions): HttpsListener {
  const limits = { ...defaultLimits, ...options.limits };
  const { handler, minimumTlsVersion = 'TLSv1.3' } = options;
  const isMutual = options.material.clientCa !== undefined;
  if (options.clientNames !== undefined && !isMutual)
    throw new Error('Names of clients mean nothing without a client CA.');
  let draining: Promise<void> | undefined;
  const connections = new ConnectionLimit({ ...options, maxConnections: limits.maxConnections });
  const server = createServer(serverOptionsOf(options, limits), (request, response) => {
    connections.asked(request, response);
    // Node then writes `Connection: close` and ends the connection after the answer.
    if (draining !== undefined) response.shouldKeepAlive = false;
    handler(request, response);
  });
  server.maxRequestsPerSocket = 0;
  boundConnections(server, connections, limits, options);
  guardClients(server, { ...options, isMutual });
  answerClientErrors(server, { faults: options.faults, keepAliveMs: limits.keepAliveMs });

  async function stop(): Promise<void> {
    options.onDraining?.();
    if (server.listening) await delay(limits.drainMs);
    const endStalled = (): void => {
      connections.endStalled();
    };
    await closeServer(server, { graceMs: limits.graceMs, endStalled, deadlineMs: limits.closeMs });
  }

  return {
    listen: (address) => listen(server, address),
    useMaterial: (next) => {
      if (isMutual !== (next.clientCa !== undefined)) throw new Error('the client CA came or went');
      server.setSecureContext(contextOf(next, minimumTlsVersion));
    },
    drain: () => (draining ??= stop()),
  };
}

function serverOptionsOf(
  { material, minimumTlsVersion = 'TLSv1.3' }: HttpsListenerOptions,
  limits: ListenerLimits,
): ServerOptions {
  const isMutual = material.clientCa !== undefined;
  return {
    ...contextOf(material, minimumTlsVersion),
    ALPNProtocols: ['http/1.1'],
    requestCert: isMutual,
    rejectUnauthorized: isMutual,
    handshakeTimeout: limits.handshakeMs,
    keepAliveTimeout: limits.keepAliveMs,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
  };
}

function boundConnections(
  server: Server,
  connections: ConnectionLimit,
  { handshakeMs }: ListenerLimits,
  { faults }: HttpsListenerOptions,
): void {
  server.on('secureConnection', (socket) => {
    connections.secured(socket);
  });
  queueHandshakes(server, {
    admit: (socket) => connections.admit(socket),
    startMs: handshakeMs,
    onUnbegun: () => {
      faults.countFault('tls-handshake');
    },
  });
}

function contextOf({ certificate, key, clientCa }: TlsMaterial, minVersion: SecureVersion): SecureContextOptions {
  return { cert: certificate, key, ca: clientCa, minVersion, ciphers, honorCipherOrder: true };
}

async function listen(server: Server, address: { readonly host: string; readonly port: number }): Promise<number> {
  server.listen({ ...address, backlog });
  await once(server, 'listening', { signal: AbortSignal.timeout(listenMs) });
  const bound = server.address();
  return bound === null || typeof bound === 'string' ? address.port : bound.port;
}
