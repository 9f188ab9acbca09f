import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where a connection to a Service may go now. */
export type Endpoints = () => readonly { readonly address: string; readonly port: number }[];

/**
 * What kube-proxy does for one port of a Service: each new connection goes to a ready pod, in turn; without one it is
 * refused. Open connections stay where they are.
 */
export class ServiceProxy {
  readonly #endpoints: Endpoints;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #turn = 0;

  constructor(endpoints: Endpoints) {
    this.#endpoints = endpoints;
    this.#server = createServer((client) => {
      this.#forward(client);
    });
  }

  async listen(host: string, port: number): Promise<void> {
    await once(this.#server.listen({ host, port }), 'listening');
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #forward(client: Socket): void {
    const endpoints = this.#endpoints();
    const target = endpoints[this.#turn++ % Math.max(endpoints.length, 1)];
    if (target === undefined) {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ host: target.address, port: target.port });
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroySoon();
      });
      socket.pipe(other);
    }
  }
}
