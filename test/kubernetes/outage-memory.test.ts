import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { KubeConfig } from '@kubernetes/client-node';
import { test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { LiveFactReader } from '../../src/kubernetes/live-fact-reader.ts';
import { NamespaceCache } from '../../src/kubernetes/namespace-cache.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { startFakeApiServer } from './fake-api-server.ts';
import { outages } from './outages.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const limits = { listMs: 100, silenceMs: 100, impatientMs: 60, shortestPauseMs: 1, longestPauseMs: 5 };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

async function heapUsed(): Promise<number> {
  for (let round = 0; round < 5; round += 1) {
    collectGarbage();
    await delay(20);
  }
  return process.memoryUsage().heapUsed;
}

void test('memory does not grow from outage to outage', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  for (let index = 0; index < 100; index += 1) server.put(`n-${index}`);
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const client = new ApiServerClient(kubeConfig);
  const cache = new NamespaceCache({ client, log: silent, limits });
  const reader = new LiveFactReader(client);
  t.teardown(() => cache.stop());
  cache.start();
  const until = (what: string, probe: () => boolean) => waitFor(what, probe, { timeoutMs: 10_000, intervalMs: 1 });

  async function cycle(): Promise<void> {
    for (const outage of outages) {
      await until(
        'the watch',
        () => cache.state.isSynced && server.watches() === 1 && cache.state.problem === undefined,
      );
      await outage.begin(server);
      await until(`the failure when ${outage.name}`, () => cache.state.problem !== undefined);
      const reads = Array.from({ length: 5 }, () => reader.listPods('n-1', AbortSignal.timeout(20)));
      for (const { status } of await Promise.allSettled(reads)) if (status === 'fulfilled') t.fail('a read succeeded');
      await outage.end(server);
    }
    server.requests.length = 0;
  }

  for (let round = 0; round < 8; round += 1) await cycle();
  const before = await heapUsed();
  for (let round = 0; round < 20; round += 1) await cycle();
  const growth = (await heapUsed()) - before;
  // 100 outages with five failed reads each: a leak of 2 KB for each read would show.
  t.ok(growth < 1_000_000, `the heap grew by ${Math.round(growth / 1_000)} KB`);
  t.equal(cache.size, 100);
  await until('one connection', () => server.connections() <= 1);
});
