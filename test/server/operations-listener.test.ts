import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { test, type Test } from 'tap';

import { createOperationsListener, type OperationsListenerOptions } from '../../src/server/operations-listener.ts';
import { fakeFaultCounter, fakeOperationLog, fakeReadiness } from '../support/fake-admission-service.ts';

interface Scrape {
  readonly statusCode: number | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
}

async function listening(t: Test, options: Partial<OperationsListenerOptions> = {}) {
  const faults = fakeFaultCounter();
  const log = fakeOperationLog();
  const render = () => Promise.resolve('up 1\n');
  const listener = createOperationsListener({ render, readiness: fakeReadiness(), faults, log, ...options });
  const port = await listener.listen({ host: '127.0.0.1', port: 0 });
  t.teardown(() => listener.stop());
  const ask = (path: string, method = 'GET'): Promise<Scrape> =>
    new Promise((resolve, reject) => {
      const sent = request({ port, path, method, host: '127.0.0.1', agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => {
          resolve({ statusCode: response.statusCode, contentType: response.headers['content-type'], body });
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  return { faults, log, listener, port, ask };
}

void test('the metrics are served in the text format, and unknown paths are not', async (t) => {
  const { ask, faults } = await listening(t);
  const expected = { statusCode: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8', body: 'up 1\n' };
  t.same(await ask('/metrics'), expected);
  t.same(await ask('/metrics?name[]=up'), expected);
  t.same(faults.kinds, []);
  for (const [path, method] of [
    ['/', 'GET'],
    ['/metricsx', 'GET'],
    ['/validate', 'POST'],
    ['/metrics', 'POST'],
  ] as const) {
    const answer = await ask(path, method);
    t.equal(answer.statusCode, 404, path);
    t.match(answer.body, /"code":"unknown-path"/);
  }
});

void test('metrics that fail or are late cost a 500, not the process', async (t) => {
  const failing = await listening(t, { render: () => Promise.reject(new Error('broken')) });
  t.equal((await failing.ask('/metrics')).statusCode, 500);
  t.same(failing.faults.kinds, ['internal-error']);
  t.match(failing.log.lines, [{ level: 'error', cause: { message: 'broken' } }]);
  const late = await listening(t, { render: () => Promise.withResolvers<string>().promise, renderMs: 20 });
  t.equal((await late.ask('/metrics')).statusCode, 500);
});

void test('health is told as on the port of the webhook', async (t) => {
  let checks = [{ name: 'namespaces', ready: false, detail: 'not listed yet' }];
  const { ask, faults } = await listening(t, { readiness: { checks: () => checks } });
  const type = 'application/json';
  t.same(await ask('/healthz'), { statusCode: 200, contentType: type, body: '{"status":"ok"}' });
  const unready = await ask('/readyz?verbose');
  t.same([unready.statusCode, unready.contentType], [503, type]);
  t.same(JSON.parse(unready.body), { ready: false, reason: 'namespaces: not listed yet', checks });
  checks = [{ name: 'namespaces', ready: true, detail: '3 cached' }];
  const ready = await ask('/readyz');
  t.equal(ready.statusCode, 200);
  t.same(JSON.parse(ready.body), { ready: true, reason: 'every check passes', checks });
  t.same(await ask('/readyz', 'HEAD'), { statusCode: 200, contentType: type, body: '' });
  t.same(faults.kinds, []);
  t.equal((await ask('/readyz', 'POST')).statusCode, 404);
});

void test('readiness that cannot be told is none, and costs a 500, not the process', async (t) => {
  const readiness = {
    checks: () => {
      throw new Error('broken');
    },
  };
  const { ask, faults, log } = await listening(t, { readiness });
  t.equal((await ask('/readyz')).statusCode, 500);
  t.same(faults.kinds, ['internal-error']);
  t.match(log.lines, [{ level: 'error', cause: { message: 'broken' } }]);
  t.equal((await ask('/healthz')).statusCode, 200);
});

void test('clients that connect and say nothing do not lock out the kubelet, and do not hold up the stop', async (t) => {
  const { ask, listener, faults, port } = await listening(t, { maxConnections: 10 });
  const silent = await Promise.all(
    Array.from({ length: 30 }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      return socket;
    }),
  );
  for (let round = 0; round < 20; round += 1) t.equal((await ask('/healthz')).statusCode, 200);
  t.ok(faults.kinds.every((kind) => kind === 'connection-evicted') && faults.kinds.length >= 20);
  const closed = Promise.all(silent.filter((socket) => !socket.closed).map((socket) => once(socket, 'close')));
  await listener.stop();
  await closed;
});

void test('after the stop the port is free', async (t) => {
  const { ask, listener } = await listening(t);
  await ask('/metrics');
  await listener.stop();
  await t.rejects(ask('/metrics'), { code: 'ECONNREFUSED' });
});
