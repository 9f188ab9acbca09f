import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { test } from 'tap';

import { ConnectionLimit } from '../../src/server/connection-limit.ts';
import { fakeFaultCounter, fakeOperationLog } from '../support/fake-admission-service.ts';

type FakeSocket = EventEmitter & { destroyed: boolean; remotePort: number; remoteAddress: string; destroy(): void };

function limitOf(maxConnections: number) {
  const time = { now: 0 };
  const faults = fakeFaultCounter();
  const log = fakeOperationLog();
  const limit = new ConnectionLimit({ maxConnections, faults, log, now: () => time.now });
  const ended: string[] = [];
  let nextPort = 1;
  const socketOf = (name: string, remotePort: number): FakeSocket => {
    const socket = Object.assign(new EventEmitter(), {
      destroyed: false,
      remoteAddress: '127.0.0.1',
      remotePort,
      destroy: () => {
        if (socket.destroyed) return;
        socket.destroyed = true;
        ended.push(name);
        socket.emit('close');
      },
    });
    return socket;
  };
  const admit = (name: string, remotePort: number): FakeSocket => {
    const socket = socketOf(name, remotePort);
    limit.admit(socket as unknown as Socket);
    return socket;
  };
  const connect = (name: string): FakeSocket => {
    nextPort += 1;
    return admit(name, nextPort);
  };
  const secure = (plain: FakeSocket, name: string): FakeSocket => {
    const socket = socketOf(name, plain.remotePort);
    limit.secured(socket as unknown as Socket);
    return socket;
  };
  const ask = (socket: FakeSocket, isWhole = true) => {
    const request = { socket, complete: isWhole };
    const response = { writableFinished: false, destroyed: false };
    limit.asked(request as unknown as IncomingMessage, response as unknown as ServerResponse);
    return { request, response };
  };
  return { limit, time, faults, log, ended, admit, connect, secure, ask };
}

void test('who has been silent for longest goes first', (t) => {
  const { limit, time, faults, log, ended, connect } = limitOf(3);
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    time.now += 10;
    connect(name);
  }
  t.same(ended, ['a', 'b']);
  t.equal(limit.size, 3);
  t.same(faults.kinds, ['connection-evicted', 'connection-evicted']);
  t.match(log.lines, [{ level: 'warn', fields: { maxConnections: 3 } }], 'one line, not one for each');
  t.end();
});

void test('a request that is judged keeps its connection, one that is half sent does not', (t) => {
  const { time, ended, connect, ask } = limitOf(2);
  ask(connect('judged'));
  const half = ask(connect('half'), false);
  time.now += 1;
  connect('new');
  t.same(ended, ['half']);
  half.request.complete = true;
  connect('newer');
  t.same(ended, ['half', 'new']);
  t.end();
});

void test('a connection that rests between requests goes only after those that owe something for a tenth of its rest', (t) => {
  const { time, ended, connect, ask } = limitOf(3);
  const resting = ask(connect('resting'));
  resting.response.writableFinished = true;
  time.now = 1_000;
  connect('silent');
  ask(connect('half'), false);
  time.now = 1_090;
  connect('first');
  t.same(ended, ['resting'], '1090 against 900');
  time.now = 1_200;
  connect('second');
  connect('third');
  t.same(ended, ['resting', 'silent', 'half']);
  t.end();
});

void test('at once a twentieth of all goes, so that a flood does not cause a search for each newcomer', (t) => {
  const { limit, ended, connect } = limitOf(100);
  for (let index = 0; index < 101; index += 1) connect(String(index));
  t.same(ended, ['0', '1', '2', '3', '4']);
  t.equal(limit.size, 96);
  t.end();
});

void test('when all are judged, the newcomer is dropped', (t) => {
  const { limit, faults, ended, connect, ask } = limitOf(1);
  ask(connect('judged'));
  connect('new');
  t.same(ended, ['new']);
  t.same(faults.kinds, ['connection-dropped']);
  t.equal(limit.size, 1);
  t.end();
});

void test('a connection is known by its secure socket once the handshake is over', (t) => {
  const { limit, time, ended, connect, secure, ask } = limitOf(2);
  const plain = connect('plain');
  const secured = secure(plain, 'secure');
  const judged = ask(secured);
  connect('silent');
  time.now += 1;
  connect('new');
  t.same(ended, ['silent']);
  judged.response.writableFinished = true;
  limit.endStalled();
  t.same(ended.toSorted(), ['new', 'secure', 'silent']);
  plain.emit('close');
  t.equal(limit.size, 0);
  t.end();
});

void test('what is not known, or has closed, is nobody', (t) => {
  const { limit, connect, secure, ask } = limitOf(2);
  const plain = connect('plain');
  plain.destroy();
  ask(secure(plain, 'late'));
  limit.endStalled();
  t.equal(limit.size, 0);
  t.end();
});

void test('an address that is used again belongs to the newer connection', (t) => {
  const { limit, connect, ask, secure, admit } = limitOf(2);
  const old = connect('old');
  const young = admit('young', old.remotePort);
  old.emit('close');
  ask(secure(young, 'secure'));
  limit.endStalled();
  t.equal(limit.size, 1, 'it is still found, and judged');
  t.end();
});
