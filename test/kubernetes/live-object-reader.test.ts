import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { LiveObjectReader } from '../../src/kubernetes/live-object-reader.ts';
import { startFakeApiServer, statusOf, writeJson } from './fake-api-server.ts';

const path = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/tenantgate';
const soon = () => AbortSignal.timeout(5_000);

async function reading(t: Test) {
  const server = await startFakeApiServer(t, t.testdir({}));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  return { server, reader: new LiveObjectReader(new ApiServerClient(kubeConfig)) };
}

void test('an object is read as it is stored', async (t) => {
  const { server, reader } = await reading(t);
  const object = { kind: 'ValidatingWebhookConfiguration', metadata: { name: 'tenantgate' }, webhooks: [] };
  server.objects.set(path, object);
  t.strictSame(await reader.read(path, soon()), { state: 'read', object });
});

void test('only a 404 means that it is not there, and only a 403 that it is not to be seen', async (t) => {
  const { server, reader } = await reading(t);
  t.strictSame(await reader.read(path, soon()), { state: 'missing' });
  for (const [status, expected] of [
    [403, { state: 'forbidden' }],
    [401, { state: 'failed', problem: `the API server answered 401 to GET ${path}` }],
    [429, { state: 'failed', problem: `the API server answered 429 to GET ${path}` }],
    [500, { state: 'failed', problem: `the API server answered 500 to GET ${path}` }],
    [302, { state: 'failed', problem: `the API server answered 302 to GET ${path}` }],
  ] as const) {
    server.answer = (_request, response) => {
      writeJson(response, status, statusOf(status));
    };
    t.strictSame(await reader.read(path, soon()), expected);
  }
});

void test('what is no answer is a failure with its reason', async (t) => {
  const { server, reader } = await reading(t);
  server.answer = (_request, response) => void response.writeHead(200).end('<html>');
  t.match(await reader.read(path, soon()), { state: 'failed', problem: /JSON/ });
  server.answer = () => undefined;
  const late = { state: 'failed', problem: `the API server did not answer GET ${path} in time` };
  t.strictSame(await reader.read(path, AbortSignal.timeout(100)), late);
  t.strictSame(await reader.read(path, AbortSignal.abort()), late);
  await server.leave();
  t.match(await reader.read(path, soon()), { state: 'failed', problem: /ECONNREFUSED/ });
});

void test('the time of the API server is the one on its answer, whatever that is', async (t) => {
  const { server, reader } = await reading(t);
  const time = new Date('2026-01-15T12:00:00Z');
  for (const status of [200, 403]) {
    server.answer = (_request, response) => void response.writeHead(status, { date: time.toUTCString() }).end('{}');
    t.strictSame(await reader.serverTime(soon()), time, String(status));
  }
  t.equal(server.requests.at(-1), '/version');
  server.answer = (_request, response) => void response.writeHead(200, { date: 'noon' }).end('{}');
  t.equal(await reader.serverTime(soon()), undefined);
  server.answer = (_request, response) => {
    response.sendDate = false;
    response.writeHead(200).end('{}');
  };
  t.equal(await reader.serverTime(soon()), undefined);
  await server.leave();
  await t.rejects(reader.serverTime(soon()), /ECONNREFUSED/);
});
