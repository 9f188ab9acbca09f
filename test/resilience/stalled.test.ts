import type { Socket } from 'node:net';

import { test } from 'tap';

import { startServing } from '../e2e/tenantgate-process.ts';
import { startGoLoad } from './load-client.ts';
import { samplesOf } from './samples.ts';
import { connectStalled, stalls } from '../../bench/stalled-clients.ts';

void test('stalled clients, a thousand and more than there is room for, do not lock out good ones', async (t) => {
  const server = await startServing();
  t.teardown(() => server.stop());
  const load = { folder: t.testdir({}), port: server.port, ca: server.ca, samples: samplesOf(), workers: 4 };
  const memory = () => server.metric('process_resident_memory_bytes');
  t.match(await startGoLoad(t, { ...load, count: 300 }).ended, { right: 300, failed: 0 });
  const before = await memory();
  const stalled: Socket[] = [];
  const stall = async (count: number, kinds = stalls): Promise<void> => {
    for (const kind of kinds) stalled.push(...(await connectStalled(server.port, server.ca, kind, count)));
  };
  t.teardown(() => {
    for (const socket of stalled) socket.destroy();
  });

  await stall(250);
  t.match(await startGoLoad(t, { ...load, count: 300 }).ended, { right: 300, failed: 0 }, 'with 1,000');
  t.equal((await server.readiness()).status, 200);

  const evicted = () => server.metric('tenantgate_bad_requests_total{reason="connection-evicted"}');
  await stall(1_800, ['handshake']);
  t.match(await startGoLoad(t, { ...load, count: 300 }).ended, { right: 300, failed: 0 }, 'with 2,800');
  t.ok((await evicted()) > 0, `${await evicted()} made room`);
  t.equal(await server.metric('tenantgate_bad_requests_total{reason="connection-dropped"}'), 0);

  const growth = ((await memory()) - before) / 2_000;
  t.ok(growth < 150_000, `each connection that there is room for costs ${Math.round(growth / 1_000)} KB`);
  await stall(10, ['headers', 'body']);
  server.send('SIGTERM');
  t.match(await server.ended, { code: 0, signal: null }, 'the stop is in order');
});
