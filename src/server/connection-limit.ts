import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

import type { FaultCounter, OperationLog } from '../admission/telemetry-ports.ts';
import { rationedWarning } from './rationed-warning.ts';

export interface ConnectionLimitOptions {
  readonly maxConnections: number;
  readonly faults: FaultCounter;
  readonly log: OperationLog;
  /** A clock in milliseconds. */
  readonly now?: () => number;
}

/** A connection, from the first packet on. With TLS `socket` is the plain one until the handshake is over. */
interface Connection {
  readonly openedMs: number;
  socket: Socket;
  /** The last request whose headers are whole. */
  request: IncomingMessage | undefined;
  response: ServerResponse | undefined;
  askedMs: number;
}

/** Ended at once when there is no room: a scan for each newcomer would be a lever for whoever floods the port. */
const evictedShare = 0.05;

/** A second in which a client owes a handshake or the rest of a request weighs as much as so many seconds of rest. */
const weightOfDebt = 10;

/**
 * Bounds connections without locking anybody out: when there is no room for a newcomer, those go that have kept the server
 * waiting for longest. A request that is being judged is never lost to it.
 */
export class ConnectionLimit {
  readonly #options: ConnectionLimitOptions;
  readonly #now: () => number;
  readonly #warn: ReturnType<typeof rationedWarning>;
  readonly #connections = new Set<Connection>();
  readonly #bySocket = new WeakMap<Socket, Connection>();
  /** Connections in their handshake, by the peer's address: Node does not tell which plain socket is in a secure one. */
  readonly #byPeer = new Map<string, Connection>();

  constructor(options: ConnectionLimitOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#warn = rationedWarning(options.log);
  }

  /** Takes a new connection in, and makes room for it. False when there is none: then it has been ended. */
  admit(socket: Socket): boolean {
    if (this.#connections.size >= this.#options.maxConnections) this.#makeRoom();
    if (this.#connections.size >= this.#options.maxConnections) {
      this.#tell('connection-dropped', 'a connection was dropped: there are too many, and all are in use');
      socket.destroy();
      return false;
    }
    const connection = { openedMs: this.#now(), socket, request: undefined, response: undefined, askedMs: 0 };
    const peer = peerOf(socket);
    this.#connections.add(connection);
    this.#bySocket.set(socket, connection);
    this.#byPeer.set(peer, connection);
    socket.once('close', () => {
      this.#connections.delete(connection);
      if (this.#byPeer.get(peer) === connection) this.#byPeer.delete(peer);
    });
    return true;
  }

  /** Tells that the handshake of a connection is over. */
  secured(socket: Socket): void {
    const connection = this.#byPeer.get(peerOf(socket));
    if (connection === undefined) return;
    connection.socket = socket;
    this.#bySocket.set(socket, connection);
  }

  /** Tells that the headers of a request are whole. */
  asked(request: IncomingMessage, response: ServerResponse): void {
    const connection = this.#bySocket.get(request.socket);
    if (connection === undefined) return;
    connection.request = request;
    connection.response = response;
    connection.askedMs = this.#now();
  }

  /** Ends every connection but those with a whole request that is not answered yet. */
  endStalled(): void {
    for (const connection of this.#connections) if (!isJudged(connection)) connection.socket.destroy();
  }

  get size(): number {
    return this.#connections.size;
  }

  #makeRoom(): void {
    const now = this.#now();
    const count = Math.max(1, Math.floor(this.#options.maxConnections * evictedShare));
    const stalled = [...this.#connections]
      .filter((connection) => !isJudged(connection))
      .map((connection) => ({ connection, weight: weightOf(connection, now) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, count);
    for (const { connection } of stalled) {
      this.#tell('connection-evicted', 'stalled connections were ended to make room');
      // Now, not when its socket has closed: the room is needed at once.
      this.#connections.delete(connection);
      connection.socket.destroy();
    }
  }

  #tell(fault: string, message: string): void {
    this.#options.faults.countFault(fault);
    this.#warn(message, { maxConnections: this.#options.maxConnections });
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress ?? ''} ${remotePort ?? 0}`;
}

/** Whether a whole request waits for its answer. */
function isJudged({ request, response }: Connection): boolean {
  return request?.complete === true && response !== undefined && !response.writableFinished && !response.destroyed;
}

/** How long it has kept the server waiting. */
function weightOf({ openedMs, request, askedMs }: Connection, now: number): number {
  if (request === undefined) return (now - openedMs) * weightOfDebt;
  return (now - askedMs) * (request.complete ? 1 : weightOfDebt);
}
