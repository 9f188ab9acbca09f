import type { Server } from 'node:https';
import type { Socket } from 'node:net';

export interface HandshakeQueueOptions {
  /** Asked first; false when the connection has been ended. */
  readonly admit: (socket: Socket) => boolean;
  /** How long a client may take to begin its handshake. */
  readonly startMs: number;
  /** Told of a client that broke off, or let its time pass, before it began. Leaving without a word is no fault. */
  readonly onUnbegun: () => void;
}

/**
 * A handshake costs as much as some ten requests. So many of them in one turn of the event loop keep up the requests on
 * connections that are already open by a few milliseconds, and no more.
 */
const handshakesPerTurn = 4;

/**
 * Lets handshakes wait for each other instead of requests for all of them, and starts one only when the client has sent
 * something: until then a connection costs a third of what it costs with TLS.
 */
export function queueHandshakes(server: Server, { admit, startMs, onUnbegun }: HandshakeQueueOptions): void {
  // Node's own listeners, which wrap a connection in TLS at once; each may as well be told of it later.
  const wrap = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const ready: Socket[] = [];

  function work(): void {
    for (const socket of ready.splice(0, handshakesPerTurn)) {
      if (socket.destroyed) continue;
      socket.setTimeout(0);
      for (const listener of wrap) listener.call(server, socket);
    }
    if (ready.length > 0) setImmediate(work);
  }

  function queue(socket: Socket): void {
    if (ready.length === 0) setImmediate(work);
    ready.push(socket);
  }

  server.on('connection', (socket: Socket) => {
    if (!admit(socket)) return;
    let hasBegun = false;
    function giveUp(): void {
      if (!hasBegun) onUnbegun();
      socket.destroy();
    }
    socket.on('error', giveUp);
    socket.setTimeout(startMs, giveUp);
    socket.once('readable', () => {
      // Nothing to read: the client has ended what it never began, as a check of the port does.
      hasBegun = socket.readableLength > 0;
      if (hasBegun) queue(socket);
      else socket.destroy();
    });
  });
}
