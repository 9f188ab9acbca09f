import type { IncomingMessage } from 'node:http';

import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import type { StoreAnswer, StoreProblem } from '../../src/admission/certificate-ports.ts';
import { ApiCaBundleStore } from '../../src/kubernetes/api-ca-bundle-store.ts';
import { ApiSecretStore } from '../../src/kubernetes/api-secret-store.ts';
import { connectCertificateStores } from '../../src/kubernetes/connect.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { startFakeApiServer, statusOf, writeJson } from './fake-api-server.ts';

const secretPath = '/api/v1/namespaces/system/secrets/tls';
const configurationPath = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/tenantgate';
const never = new AbortController().signal;

const base64 = (text: string) => Buffer.from(text).toString('base64');

async function storing(t: Test, deadlineMs = 5_000) {
  const server = await startFakeApiServer(t, t.testdir({}));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const client = new ApiServerClient(kubeConfig);
  const secret = new ApiSecretStore(client, { namespace: 'system', name: 'tls' }, deadlineMs);
  const bundles = new ApiCaBundleStore(client, 'ValidatingWebhookConfiguration', 'tenantgate', deadlineMs);
  return { server, secret, bundles };
}

function valueOf<T>(answer: StoreAnswer<T>): T {
  if (!answer.ok) throw new Error(answer.problem.message);
  return answer.value;
}

function problemOf(answer: StoreAnswer<unknown>): StoreProblem {
  if (answer.ok) throw new Error('it went well');
  return answer.problem;
}

function secretOf(data?: object) {
  return { kind: 'Secret', type: 'Opaque', metadata: { name: 'tls', labels: { a: 'b' }, resourceVersion: '7' }, data };
}

function configurationOf(...webhooks: readonly object[]) {
  return { kind: 'ValidatingWebhookConfiguration', metadata: { name: 'tenantgate', resourceVersion: '7' }, webhooks };
}

void test('a Secret is read as text, with its version and the time by the clock of the API server', async (t) => {
  const { server, secret } = await storing(t);
  server.objects.set(secretPath, secretOf({ 'tls.crt': base64('PEM ü'), odd: 7 }));
  const found = valueOf(await secret.read(never));
  t.match(found, { resourceVersion: '7', entries: { 'tls.crt': 'PEM ü', odd: '' } });
  t.ok(Math.abs((found.serverTime?.getTime() ?? 0) - Date.now()) < 60_000);
  server.objects.set(secretPath, secretOf());
  t.strictSame(valueOf(await secret.read(never)).entries, {}, 'one that was never filled');
});

void test('a Secret keeps what is not written', async (t) => {
  const { server, secret } = await storing(t);
  server.objects.set(secretPath, secretOf({ keep: base64('kept'), gone: base64('x'), binary: '/w==' }));
  const written = valueOf(await secret.write(valueOf(await secret.read(never)), { new: 'ü', gone: undefined }, never));
  t.match(written.entries, { keep: 'kept', new: 'ü', gone: undefined });
  t.match(server.objects.get(secretPath), {
    type: 'Opaque',
    metadata: { labels: { a: 'b' }, resourceVersion: written.resourceVersion },
    data: { keep: base64('kept'), new: base64('ü'), binary: '/w==' },
  });
  t.match(server.requests.at(-1), /\?fieldManager=tenantgate$/);
});

void test('only the version that was read is changed', async (t) => {
  const { server, secret, bundles } = await storing(t);
  server.objects.set(secretPath, secretOf());
  server.objects.set(configurationPath, configurationOf({ name: 'a' }));
  const [version, trust] = [valueOf(await secret.read(never)), valueOf(await bundles.read(never))];
  valueOf(await secret.write(version, { mine: '1' }, never));
  t.equal(problemOf(await secret.write(version, { yours: '2' }, never)).code, 'conflict');
  valueOf(await bundles.write(trust, new Map([['a', 'PEM']]), never));
  t.equal(problemOf(await bundles.write(trust, new Map([['a', 'other']]), never)).code, 'conflict');
  t.match(server.objects.get(secretPath), { data: { mine: base64('1') } });
});

void test('of a webhook configuration only the bundles are changed, each by the name of its webhook', async (t) => {
  const { server, bundles } = await storing(t);
  const service = { namespace: 'system', name: 'tenantgate' };
  server.objects.set(
    configurationPath,
    configurationOf(
      { name: 'a', failurePolicy: 'Fail', clientConfig: { service, caBundle: base64('old') } },
      { name: 'b', clientConfig: { url: 'https://localhost' } },
    ),
  );
  t.equal(bundles.name, 'ValidatingWebhookConfiguration "tenantgate"');
  const read = valueOf(await bundles.read(never));
  t.strictSame(
    [...read.bundles],
    [
      ['a', 'old'],
      ['b', ''],
    ],
  );
  const written = valueOf(await bundles.write(read, new Map([['b', 'new']]), never));
  t.strictSame(
    [...written.bundles],
    [
      ['a', 'old'],
      ['b', 'new'],
    ],
  );
  t.match(server.objects.get(configurationPath), {
    webhooks: [
      { name: 'a', failurePolicy: 'Fail', clientConfig: { service, caBundle: base64('old') } },
      { name: 'b', clientConfig: { url: 'https://localhost', caBundle: base64('new') } },
    ],
  });
  server.objects.set(configurationPath, { metadata: { resourceVersion: '9' } });
  t.strictSame([...valueOf(await bundles.read(never)).bundles], [], 'one without webhooks');
});

void test('each refusal has its code, and says which right is missing or who makes what is missing', async (t) => {
  const { server, secret, bundles } = await storing(t);
  const answers = [
    [403, 'forbidden', /refuses \(403\) to get secrets "tls" in namespace "system": grant .* the verb "get" on it/],
    [404, 'missing', /secrets "tls" in namespace "system" does not exist: the Helm chart makes it, or kubectl create/],
    [409, 'conflict', /somebody else/],
    [401, 'unavailable', /cannot be asked to get secrets "tls".*answered 401/],
    [500, 'unavailable', /answered 500/],
  ] as const;
  for (const [status, code, message] of answers) {
    server.answer = (_request, response) => {
      writeJson(response, status, statusOf(status));
    };
    t.match(problemOf(await secret.read(never)), { code, message });
  }
  server.answer = undefined;
  server.objects.set(secretPath, secretOf());
  const version = valueOf(await secret.read(never));
  server.answer = (_request, response) => {
    writeJson(response, 403, statusOf(403));
  };
  t.match(problemOf(await secret.write(version, {}, never)).message, /the verb "update" on it$/);
  const trust = { resourceVersion: '1', bundles: new Map() };
  t.match(
    problemOf(await bundles.write(trust, new Map(), never)).message,
    /to patch validatingwebhookconfigurations "tenantgate": grant the service account the verb "patch" on it$/,
  );
});

void test('what cannot be read is told without a word of it', async (t) => {
  const { server, secret, bundles } = await storing(t);
  const hush = 'hush-hush';
  for (const body of [
    hush,
    `{"data":{"tls.key":"${hush}`,
    `{"kind":"ConfigMap","data":{"a":"${hush}"}}`,
    '[]',
    'null',
  ]) {
    server.answer = (_request, response) => void response.writeHead(200).end(body);
    const problem = problemOf(await secret.read(never));
    t.equal(problem.code, 'unavailable', body);
    t.notMatch(JSON.stringify(problem), hush);
    t.equal(problemOf(await bundles.read(never)).code, 'unavailable', body);
  }
  server.answer = (_request, response) => {
    writeJson(response, 200, { metadata: { resourceVersion: '1' }, webhooks: hush });
  };
  t.match(problemOf(await bundles.read(never)).message, /what it answers cannot be read$/);
});

void test('an API server that hangs or is away is told within the deadline, and a stop ends the wait', async (t) => {
  const { server, secret } = await storing(t, 100);
  server.answer = () => undefined;
  t.match(problemOf(await secret.read(never)), { code: 'unavailable', message: /no answer within 100 ms$/ });
  t.equal(problemOf(await secret.read(AbortSignal.abort())).code, 'unavailable');
  await server.leave();
  t.match(problemOf(await secret.read(never)), { code: 'unavailable', message: /ECONNREFUSED/ });
});

void test('nothing larger than an API server stores is sent', async (t) => {
  const { server, secret } = await storing(t);
  server.objects.set(secretPath, secretOf());
  const version = valueOf(await secret.read(never));
  const problem = problemOf(await secret.write(version, { big: 'x'.repeat(2_000_000) }, never));
  t.match(problem.message, /the body of PUT .* is too large$/);
  t.equal(server.requests.length, 1);
});

void test('only what was read is written', async (t) => {
  const { secret } = await storing(t);
  t.throws(() => secret.write({ resourceVersion: '7', entries: {}, serverTime: undefined }, {}, never));
});

void test('an answer without a date tells no time', async (t) => {
  const { server, secret } = await storing(t);
  server.answer = (_request, response) => {
    response.sendDate = false;
    writeJson(response, 200, secretOf());
  };
  t.equal(valueOf(await secret.read(never)).serverTime, undefined);
});

void test('the stores of a cluster are one Secret and the configurations of both kinds', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  const requests: Pick<IncomingMessage, 'method' | 'url' | 'headers'>[] = [];
  server.answer = (request, response) => {
    requests.push(request);
    writeJson(response, 404, statusOf(404));
  };
  const { secret, bundles } = await connectCertificateStores(
    { kubeconfig: server.kubeconfig },
    { secret: { namespace: 'system', name: 'tls' }, webhookConfiguration: 'tenantgate' },
  );
  await secret.read(never);
  for (const store of bundles) await store.read(never);
  t.match(requests, [
    { method: 'GET', url: secretPath, headers: { authorization: 'Bearer token' } },
    { method: 'GET', url: configurationPath },
    { method: 'GET', url: configurationPath.replace('validating', 'mutating') },
  ]);
});
