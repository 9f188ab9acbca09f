import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { test, type Test } from 'tap';

import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { startServing, type ServingProcess } from '../e2e/tenantgate-process.ts';
import { startBalancer } from './balancer.ts';
import { startGoLoad, type Failure } from './load-client.ts';
import { samplesOf } from './samples.ts';

/** Enough to have some under way at every moment, few enough for a machine that starts servers meanwhile. */
const gentle = { samples: samplesOf(), workers: 8, pauseMs: 20 };

/** Two servers with one certificate behind a balancer, and the means to start another. */
async function service(t: Test) {
  const { certificate, key, caCertificate: ca } = await createDevelopmentCertificate({ now: new Date() });
  const folder = t.testdir({ 'tls.crt': certificate, 'tls.key': key, cache: {} });
  const files = ['--tls-cert-file', join(folder, 'tls.crt'), '--tls-key-file', join(folder, 'tls.key')];
  const environment = { NODE_COMPILE_CACHE: join(folder, 'cache') };
  const balancer = await startBalancer(t);
  const start = async (): Promise<ServingProcess> => {
    const server = await startServing(files, { ca, environment });
    t.teardown(() => server.stop());
    balancer.add(server);
    await waitFor('readiness to be seen', () => balancer.isReady(server), { timeoutMs: 30_000 });
    return server;
  };
  const servers = [await start(), await start()];
  return { balancer, load: { ...gentle, folder, port: balancer.port, ca }, start, servers };
}

void test('twenty rolling restarts under load: no request is lost, and every answer is right', async (t) => {
  const { balancer, load, start, servers } = await service(t);
  const running = startGoLoad(t, load);
  for (let round = 0; round < 20; round += 1) {
    const [leaving] = servers.splice(0, 1);
    if (leaving === undefined) throw new Error('no server');
    leaving.send('SIGTERM');
    const { code, errors } = await leaving.ended;
    t.equal(code, 0, errors);
    balancer.remove(leaving);
    servers.push(await start());
  }
  const { right, failed, failures, connections } = await running.stop();
  t.strictSame(failures, []);
  t.equal(failed, 0);
  t.ok(right > 1_000, `${right} right answers`);
  t.ok(connections >= 20, `${connections} connections: restarts have been felt`);
});

void test('kill -9: what was under way there fails, nothing else does, and nothing is admitted wrongly', async (t) => {
  const { balancer, load, start, servers } = await service(t);
  const running = startGoLoad(t, { ...load, pauseMs: 0 });
  const killed: ServingProcess[] = [];
  for (let round = 0; round < 3; round += 1) {
    await delay(1_000);
    const [server] = servers.splice(0, 1);
    if (server === undefined) throw new Error('no server');
    server.send('SIGKILL');
    await server.ended;
    balancer.remove(server);
    killed.push(server);
    servers.push(await start());
  }
  const { right, failed, failures } = await running.stop();
  t.ok(right > 1_000, `${right} right answers, ${failed} failed`);
  // By then no new connection leads to a server that is gone; an old one may be used once more before its end is noticed.
  const isExplained = ({ kind, localPort }: Failure): boolean => {
    const backend = balancer.backendOf(localPort);
    return kind === 'lost' && killed.some((server) => server === backend);
  };
  const unexplained = failures.filter((failure) => !isExplained(failure));
  t.strictSame(unexplained, [], 'all were on connections to a server that was killed');
  t.equal(new Set(failures.map(({ localPort }) => localPort)).size, failed, 'a connection fails once');
});
