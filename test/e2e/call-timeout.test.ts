import type { ServerResponse } from 'node:http';

import { test } from 'tap';

import { waitFor } from '../cluster/wait-for.ts';
import { startFakeApiServer, writeJson } from '../kubernetes/fake-api-server.ts';
import { post, openClient } from '../server/tls-client.ts';
import { minimalNetworkPolicy } from '../support/minimal-objects.ts';
import { reviewFor, reviewOf } from './review.ts';
import { startServing } from './tenantgate-process.ts';

/** Whether isolation is kept depends on what else is stored: this is never judged without the API server. */
const deletion = reviewFor(minimalNetworkPolicy(), {
  operation: 'DELETE',
  object: null,
  oldObject: minimalNetworkPolicy(),
});

void test('while the API server hangs, a call is given up when its time is over or its caller is gone', async (t) => {
  const apiServer = await startFakeApiServer(t, t.testdir({}));
  apiServer.put('acme-dev', { 'tenantgate.dev/tenant': 'acme' });
  const network = ['--address', '127.0.0.1', '--drain-seconds', '0'];
  const server = await startServing([...network, '--kubeconfig', apiServer.kubeconfig]);
  t.teardown(() => server.stop());
  await waitFor('the watch', () => apiServer.watches() === 1, { timeoutMs: 20_000 });
  const hung: ServerResponse[] = [];
  apiServer.answer = (_request, response) => void hung.push(response);
  const onlyTheWatch = () => apiServer.connections() === 1;

  const { response } = reviewOf(await server.post('/validate?timeout=1s', deletion));
  t.match(response, { allowed: false, auditAnnotations: { decision: 'undecided' } });
  await waitFor('the reads to be given up', onlyTheWatch, { timeoutMs: 5_000 });
  const line = await waitFor('the log', () => server.log().find(({ msg }) => msg === 'a fact could not be read'), {
    timeoutMs: 5_000,
  });
  t.match(line['cause'], 'The timeout of the call, 1000 ms, has passed.');

  hung.length = 0;
  const caller = await openClient(server.port, server.ca);
  caller.socket.write(post('/validate?timeout=10s', deletion));
  await waitFor('the reads', () => hung.length > 0, { timeoutMs: 5_000 });
  t.notOk(onlyTheWatch());
  caller.socket.destroy();
  await waitFor('the reads of a caller that is gone to be given up', onlyTheWatch, { timeoutMs: 5_000 });

  hung.length = 0;
  const answer = server.post('/validate?timeout=10s', deletion);
  await waitFor('the reads', () => hung.length > 0, { timeoutMs: 5_000 });
  const none = { kind: 'List', items: [] };
  apiServer.answer = (_request, response) => {
    writeJson(response, 200, none);
  };
  for (const late of hung) writeJson(late, 200, none);
  const { auditAnnotations } = reviewOf(await answer).response;
  t.match(auditAnnotations, { decision: 'denied' }, 'in time it is judged by what was read');
});
