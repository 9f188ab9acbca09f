import { EventEmitter } from 'node:events';
import type { Server } from 'node:https';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { test } from 'tap';

import { queueHandshakes } from '../../src/server/handshake-queue.ts';

class FakeSocket extends EventEmitter {
  readableLength = 0;
  destroyed = false;
  timeoutMs = 0;

  setTimeout(timeoutMs: number, onTimeout?: () => void): void {
    this.timeoutMs = timeoutMs;
    if (onTimeout !== undefined) this.once('timeout', onTimeout);
  }

  destroy(): void {
    this.destroyed = true;
  }

  /** The first bytes arrive; none means that the client has ended. */
  arrive(bytes: number): void {
    this.readableLength = bytes;
    this.emit('readable');
  }
}

function queueOf(admit = () => true) {
  const server = new EventEmitter();
  const begun: FakeSocket[] = [];
  let unbegun = 0;
  server.on('connection', (socket: FakeSocket) => begun.push(socket));
  queueHandshakes(server as unknown as Server, {
    admit,
    startMs: 1_000,
    onUnbegun: () => {
      unbegun += 1;
    },
  });
  const connect = (): FakeSocket => {
    const socket = new FakeSocket();
    server.emit('connection', socket);
    return socket;
  };
  return { begun, unbegun: () => unbegun, connect };
}

void test('a handshake begins when the client has sent something, and not before', async (t) => {
  const { begun, connect } = queueOf();
  const [silent, talking] = [connect(), connect()];
  await nextTurn();
  t.same(begun, []);
  talking.arrive(500);
  await nextTurn();
  t.ok(begun.length === 1 && begun[0] === talking);
  t.equal(talking.timeoutMs, 0, 'the time for the handshake itself is another one');
  t.equal(silent.timeoutMs, 1_000);
});

void test('of many handshakes four begin in one turn, in the order in which the clients came', async (t) => {
  const { begun, connect } = queueOf();
  const sockets = Array.from({ length: 10 }, connect);
  for (const socket of sockets) socket.arrive(500);
  const counts: number[] = [];
  for (let turn = 0; turn < 4; turn += 1) {
    await nextTurn();
    counts.push(begun.length);
  }
  t.same(counts, [4, 8, 10, 10]);
  t.ok(begun.every((socket, index) => socket === sockets[index]));
  const next = connect();
  next.arrive(500);
  await nextTurn();
  t.ok(begun.at(-1) === next, 'the queue goes on after it was empty');
});

void test('who was refused, has ended, has broken off or was ended meanwhile gets no handshake', async (t) => {
  const refusing = queueOf(() => false);
  refusing.connect().arrive(500);
  const { begun, unbegun, connect } = queueOf();
  const ended = connect();
  ended.arrive(0);
  t.ok(ended.destroyed);
  const broken = connect();
  broken.emit('error', new Error('ECONNRESET'));
  t.ok(broken.destroyed);
  const evicted = connect();
  evicted.arrive(500);
  evicted.destroy();
  await nextTurn();
  t.same([refusing.begun, begun], [[], []]);
  t.equal(unbegun(), 1, 'who broke off is told of');
});

void test('who says nothing for too long is told of and ended', (t) => {
  const { unbegun, connect } = queueOf();
  const silent = connect();
  silent.emit('timeout');
  t.ok(silent.destroyed);
  t.equal(unbegun(), 1);
  t.end();
});
