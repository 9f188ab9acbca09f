import { test } from 'tap';

import { waitFor } from '../cluster/wait-for.ts';
import { startFakeApiServer } from '../kubernetes/fake-api-server.ts';
import { outages } from '../kubernetes/outages.ts';
import { goodReview, hostNetworkPod, policyFrom, reviewFor, reviewOf } from './review.ts';
import { startServing, type ServingProcess } from './tenantgate-process.ts';

/** The API server is followed again within this time of its return. */
const convergenceMs = 5_000;

function peersIn(namespace: string): string {
  const byName = { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace] }] };
  return reviewFor(policyFrom([{ namespaceSelector: byName }]));
}

async function judge(server: ServingProcess, review: string) {
  return reviewOf(await server.post('/validate?timeout=2s', review)).response;
}

void test('while the API server is away, what is cached decides and what is not is refused; afterwards it is followed again', async (t) => {
  const apiServer = await startFakeApiServer(t, t.testdir({}));
  apiServer.put('acme-dev', { 'tenantgate.dev/tenant': 'acme' });
  apiServer.put('globex-prod', { 'tenantgate.dev/tenant': 'globex' });
  const network = ['--address', '127.0.0.1', '--drain-seconds', '0'];
  const server = await startServing([...network, '--kubeconfig', apiServer.kubeconfig]);
  t.teardown(() => server.stop());
  let namespaces = 2;
  for (const outage of outages) {
    await waitFor('the watch', () => apiServer.watches() === 1, { timeoutMs: 20_000 });
    await outage.begin(apiServer);
    const { status } = await waitFor(
      `readiness to tell that ${outage.name}`,
      async () => {
        const answer = await server.readiness();
        return answer.body.includes('the API server cannot be followed: ') && answer;
      },
      { timeoutMs: 45_000 },
    );
    t.equal(status, 200, `${outage.name}: what is cached can still decide`);
    t.equal((await judge(server, goodReview)).allowed, true, 'a good object');
    t.match(await judge(server, reviewFor(hostNetworkPod)), {
      allowed: false,
      status: { message: /^spec\.hostNetwork/ },
    });
    t.match(await judge(server, peersIn('globex-prod')), { allowed: false, status: { message: /"globex"/ } });
    t.match(
      await judge(server, peersIn('not-cached')),
      { allowed: false, auditAnnotations: { decision: 'undecided' } },
      'what would have to be asked is refused',
    );
    apiServer.put(`new-${namespaces}`, { 'tenantgate.dev/tenant': 'acme' });
    namespaces += 1;
    await outage.end(apiServer);
    await waitFor(
      `the cache to hold what happened while ${outage.name}`,
      async () => (await server.metric('tenantgate_cached_namespaces')) === namespaces,
      { timeoutMs: convergenceMs, intervalMs: 50 },
    );
  }
  t.ok(server.isRunning());
});
