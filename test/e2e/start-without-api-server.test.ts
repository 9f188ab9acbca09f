import { test } from 'tap';

import { startServer } from '../../src/cli/start-server.ts';
import { freePorts } from '../cluster/free-ports.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { startFakeApiServer } from '../kubernetes/fake-api-server.ts';
import { outages } from '../kubernetes/outages.ts';
import { askReadiness } from './tenantgate-process.ts';

/** In this process: five starts of a process of its own would take as many seconds and show no more. */
const terminal = { environment: {}, now: () => new Date() };

for (const outage of outages) {
  void test(`a start while ${outage.name} waits, alive and unready, and serves when the API server is back`, async (t) => {
    const apiServer = await startFakeApiServer(t, t.testdir({}));
    apiServer.put('acme-dev', { 'tenantgate.dev/tenant': 'acme' });
    await outage.begin(apiServer);
    const [port = 0, metricsPort = 0] = await freePorts(2);
    const { kubeconfig } = apiServer;
    const network = {
      address: '127.0.0.1',
      port: String(port),
      'metrics-port': String(metricsPort),
      'drain-seconds': '0',
    };
    const starting = startServer({ ...network, kubeconfig, 'log-level': 'silent' }, terminal);
    const unready = await waitFor(
      'tries to reach the API server',
      async () => {
        const answer = await askReadiness(metricsPort).catch(() => undefined);
        // Nobody can tell a request that hangs from one that is slow: there is a second one beside it, and no fault yet.
        const hasTried = apiServer.requests.length >= 2 || answer?.body.includes('ECONNREFUSED') === true;
        return hasTried && answer;
      },
      { timeoutMs: 20_000 },
    );
    t.equal(unready.status, 503);
    const { reason } = JSON.parse(unready.body) as { readonly reason: string };
    t.match(reason, /^namespaces: not listed yet.*; self-test: has not run yet; serving: the port is not open yet$/);
    await t.rejects(fetch(`http://127.0.0.1:${port}`), { cause: { code: 'ECONNREFUSED' } });
    t.equal((await fetch(`http://127.0.0.1:${metricsPort}/healthz`)).status, 200);
    await outage.end(apiServer);
    const started = await starting;
    if (!started.ok) throw new Error(started.message);
    t.equal((await askReadiness(metricsPort)).status, 200);
    await started.server.stop();
  });
}
