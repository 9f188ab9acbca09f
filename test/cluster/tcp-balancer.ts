import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Hands each connection to the next of several local ports, as a Service hands them to its pods. */
export interface TcpBalancer {
  readonly port: number;
  /** Ports to hand connections to, in turn. */
  use(ports: readonly number[]): void;
  /** Connections so far, by port. */
  readonly connections: ReadonlyMap<number, number>;
  /**
   * Ends every connection, and resolves when the clients have ended them too: whoever comes again begins with a new handshake.
   * Nobody may be waiting for an answer.
   */
  reconnect(): Promise<void>;
  stop(): Promise<void>;
}

export async function startTcpBalancer(): Promise<TcpBalancer> {
  let backends: readonly number[] = [];
  let turn = 0;
  const connections = new Map<number, number>();
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    const backend = backends[turn % backends.length];
    turn += 1;
    client.on('error', () => undefined);
    if (backend === undefined) {
      client.destroy();
      return;
    }
    connections.set(backend, (connections.get(backend) ?? 0) + 1);
    clients.add(client);
    join(client, connect(backend, '127.0.0.1'));
    client.once('close', () => clients.delete(client));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    use: (ports) => {
      backends = ports;
    },
    connections,
    reconnect: async () => {
      await Promise.all(
        [...clients].map((client) => {
          const closed = once(client, 'close');
          client.end();
          return closed;
        }),
      );
    },
    stop: async () => {
      const closed = once(server.close(), 'close');
      for (const client of clients) client.destroy();
      await closed;
    },
  };
}

/** What one side says goes to the other, and when one side is gone, so is the other. */
function join(client: Socket, onward: Socket): void {
  onward.on('error', () => undefined).once('close', () => client.destroy());
  client.once('close', () => onward.destroy());
  client.pipe(onward);
  onward.pipe(client);
}
