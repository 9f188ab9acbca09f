import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

/** What a client does not go on with. */
export type Stall = 'handshake' | 'request' | 'headers' | 'body';

export const stalls: readonly Stall[] = ['handshake', 'request', 'headers', 'body'];

const head = 'POST /validate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';

const begun: Readonly<Record<Stall, string>> = {
  handshake: '',
  request: '',
  headers: head,
  body: `${head}Content-Length: 100000\r\n\r\n{"apiVersion":`,
};

/** So many handshakes at once. */
const batch = 50;

/** Connects clients that stall. Those that the server has ended stay in the list. */
export async function connectStalled(
  port: number,
  ca: string,
  stall: Stall,
  count: number,
): Promise<readonly Socket[]> {
  const sockets: Socket[] = [];
  while (sockets.length < count) {
    const next = Array.from({ length: Math.min(batch, count - sockets.length) }, () => connectOne(port, ca, stall));
    sockets.push(...(await Promise.all(next)));
  }
  return sockets;
}

async function connectOne(port: number, ca: string, stall: Stall): Promise<Socket> {
  const address = { port, host: '127.0.0.1' };
  const isPlain = stall === 'handshake';
  const socket = isPlain ? connect(address) : connectSecurely({ ...address, ca, servername: 'localhost' });
  await once(socket, isPlain ? 'connect' : 'secureConnect');
  socket.on('error', () => undefined);
  if (begun[stall] !== '') socket.write(begun[stall]);
  return socket;
}
