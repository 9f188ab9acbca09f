import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

import { KubeConfig, type Cluster, type User } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import type { ApiServerAccess } from '../../src/kubernetes/api-server-access.ts';
import { DirectClient } from '../../src/kubernetes/direct-client.ts';
import { AnswerTooLargeError } from '../../src/kubernetes/raw-client.ts';
import { createDevelopmentCertificate } from '../../src/server/development-certificate.ts';
import { startFakeApiServer, statusOf, writeJson, type FakeApiServer } from './fake-api-server.ts';

const bounds = { signal: new AbortController().signal, largestBytes: 1_000_000 };

/** What a kubeconfig says otherwise. */
interface Change {
  readonly cluster?: Partial<Cluster>;
  readonly user?: Partial<User>;
}

async function accessOf(server: FakeApiServer, { cluster, user }: Change = {}): Promise<ApiServerAccess | undefined> {
  const written = new KubeConfig();
  written.loadFromString(readFileSync(server.kubeconfig, 'utf8'));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { ...written.getCurrentCluster()!, ...cluster },
    { ...written.getCurrentUser()!, ...user },
  );
  return new ApiServerClient(kubeConfig).access();
}

/** A fake API server, what it was asked, and a client that takes its access from what is held here. */
interface Given {
  readonly server: FakeApiServer;
  readonly asked: IncomingMessage[];
  readonly held: { access: ApiServerAccess };
  readonly client: DirectClient;
}

async function started(t: Test): Promise<Given> {
  const server = await startFakeApiServer(t, t.testdir());
  const asked: IncomingMessage[] = [];
  server.answer = (request, response) => {
    asked.push(request);
    writeJson(response, 200, {});
  };
  const held = { access: (await accessOf(server))! };
  return { server, asked, held, client: clientOf(t, () => held.access) };
}

/** As another thread has it. */
function clientOf(t: Test, access: () => ApiServerAccess): DirectClient {
  const client = new DirectClient(() => structuredClone(access()));
  t.teardown(() => {
    client.close();
  });
  return client;
}

function authorizations(asked: readonly IncomingMessage[]): readonly unknown[] {
  return asked.map(({ headers }) => headers.authorization);
}

void test('an answer of any status comes as it is', async (t) => {
  const { server, client } = await started(t);
  server.answer = (_request, response, { pathname }) => {
    if (pathname === '/busy') response.writeHead(429, { 'retry-after': '3' }).end('later');
    else if (pathname === '/all') response.writeHead(200).end('ü');
    else writeJson(response, 404, statusOf(404));
  };
  t.strictSame(await client.getRaw('/all?limit=1', bounds), {
    statusCode: 200,
    retryAfterMs: undefined,
    contentEncoding: undefined,
    body: Buffer.from('ü'),
  });
  t.strictSame(await client.getRaw('/busy', bounds), {
    statusCode: 429,
    retryAfterMs: 3_000,
    contentEncoding: undefined,
    body: Buffer.from('later'),
  });
  t.match(await client.getRaw('/nothing', bounds), { statusCode: 404, retryAfterMs: undefined });
  t.strictSame(server.requests, ['/all?limit=1', '/busy', '/nothing']);
});

void test('answers may be compressed, and are left so', async (t) => {
  const { server, asked, client } = await started(t);
  server.answer = (request, response) => {
    asked.push(request);
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}'));
  };
  t.match(await client.getRaw('/', bounds), { contentEncoding: 'gzip', body: gzipSync('{}') });
  t.equal(asked[0]?.headers['accept-encoding'], 'gzip');
});

void test('credentials are sent, and JSON is asked for', async (t) => {
  const { server, asked, held, client } = await started(t);
  await client.getRaw('/token', bounds);
  held.access = (await accessOf(server, { user: { token: '', username: 'ann', password: 'secret' } }))!;
  await client.getRaw('/password', bounds);
  t.strictSame(authorizations(asked), ['Bearer token', `Basic ${Buffer.from('ann:secret').toString('base64')}`]);
  t.strictSame(
    asked.map(({ headers }) => headers.accept),
    ['application/json', 'application/json'],
  );
});

void test('a server is believed only with a certificate of the CA, unless told otherwise', async (t) => {
  const { asked, held, client } = await started(t);
  held.access = { ...held.access, tls: {} };
  await t.rejects(client.getRaw('/', bounds), { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  t.strictSame(asked, [], 'and is told no credentials before');
  held.access = { ...held.access, tls: { rejectUnauthorized: false } };
  t.match(await client.getRaw('/', bounds), { statusCode: 200 });
});

void test('a server is believed only under the name that is asked for', async (t) => {
  const { server, held, client } = await started(t);
  held.access = (await accessOf(server, { cluster: { tlsServerName: 'other.example' } }))!;
  await t.rejects(client.getRaw('/', bounds), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
});

void test('a connection is kept for the next request, until the client is closed', async (t) => {
  const { server, asked, client } = await started(t);
  for (const path of ['/1', '/2', '/3']) await client.getRaw(path, bounds);
  t.equal(new Set(asked.map(({ socket }) => socket)).size, 1);
  t.equal(server.connections(), 1);
  const ended = once(asked[0]!.socket, 'close');
  client.close();
  await t.resolves(ended);
});

void test('a renewed token is used at once, over the same connection', async (t) => {
  const { server, asked, held, client } = await started(t);
  await client.getRaw('/1', bounds);
  held.access = (await accessOf(server, { user: { token: 'renewed' } }))!;
  await client.getRaw('/2', bounds);
  t.strictSame(authorizations(asked), ['Bearer token', 'Bearer renewed']);
  t.equal(asked[1]!.socket, asked[0]!.socket);
});

void test('who is believed otherwise is asked over new connections', async (t) => {
  const { asked, held, client } = await started(t);
  await client.getRaw('/1', bounds);
  held.access = { ...held.access, tls: { ...held.access.tls, servername: 'localhost' } };
  await client.getRaw('/2', bounds);
  t.not(asked[1]!.socket, asked[0]!.socket);
});

void test('an answer that is too large is not read', async (t) => {
  const { server, client } = await started(t);
  server.answer = (_request, response) => response.writeHead(200).end(Buffer.alloc(1_000));
  const { body } = await client.getRaw('/', { ...bounds, largestBytes: 1_000 });
  t.equal(body.length, 1_000);
  await t.rejects(client.getRaw('/', { ...bounds, largestBytes: 999 }), AnswerTooLargeError);
});

void test('who asks can give up: before, without an answer, and in the middle of one', async (t) => {
  const { server, asked, client } = await started(t);
  await t.rejects(client.getRaw('/before', { ...bounds, signal: AbortSignal.abort() }), { name: 'AbortError' });
  t.strictSame(asked, []);
  const early = new AbortController();
  server.answer = () => {
    early.abort();
  };
  await t.rejects(client.getRaw('/never', { ...bounds, signal: early.signal }), { name: 'AbortError' });
  const late = new AbortController();
  // More than the system buffers: some of it has been read when all of it is sent.
  const largestBytes = 16 * 1024 * 1024;
  server.answer = (_request, response) => {
    response.writeHead(200).write(Buffer.alloc(largestBytes), () => {
      late.abort();
    });
  };
  await t.rejects(client.getRaw('/half', { signal: late.signal, largestBytes }), { message: 'aborted' });
});

void test('a connection that breaks is a failure, and the next request has another', async (t) => {
  const { server, client } = await started(t);
  const { answer } = server;
  server.answer = () => {
    server.cut();
  };
  await t.rejects(client.getRaw('/1', bounds), { code: 'ECONNRESET' });
  server.answer = answer;
  t.match(await client.getRaw('/2', bounds), { statusCode: 200 });
});

void test('what cannot be told how is not asked', async (t) => {
  const client = new DirectClient(() => {
    throw new Error('the token cannot be read');
  });
  await t.rejects(client.getRaw('/', bounds), { message: 'the token cannot be read' });
});

void test('a server without TLS is asked without', async (t) => {
  const server = createHttpServer((request, response) => {
    writeJson(response, 200, { url: request.url });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const access = { server: `http://127.0.0.1:${port}`, tls: {}, auth: undefined, headers: {} };
  const { body } = await clientOf(t, () => access).getRaw('/api', bounds);
  t.equal(body.toString(), '{"url":"/api"}');
});

void test('a client certificate is presented', async (t) => {
  const now = new Date();
  const [serving, own] = await Promise.all([
    createDevelopmentCertificate({ now }),
    createDevelopmentCertificate({ now }),
  ]);
  const options = { cert: serving.certificate, key: serving.key, requestCert: true, rejectUnauthorized: false };
  const presented: unknown[] = [];
  const server = createHttpsServer(options, (_request, response) => response.end());
  server.on('secureConnection', (socket) => {
    presented.push(socket.getPeerX509Certificate()?.toString());
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: 'fake', server: `https://localhost:${port}`, caData: serving.caBundle, skipTLSVerify: false },
    { name: 'fake', certData: base64(own.certificate), keyData: base64(own.key) },
  );
  const access = (await new ApiServerClient(kubeConfig).access())!;
  await clientOf(t, () => access).getRaw('/', bounds);
  t.strictSame(presented, [own.certificate]);
});

void test('a kubeconfig says how its server is reached, in what another thread can have', async (t) => {
  const server = await startFakeApiServer(t, t.testdir());
  const access = await accessOf(server, { user: { impersonateUser: 'ann' } });
  const { clusters } = JSON.parse(readFileSync(server.kubeconfig, 'utf8')) as {
    readonly clusters: readonly [{ readonly cluster: Readonly<Record<string, string>> }];
  };
  const ca = Buffer.from(clusters[0].cluster['certificate-authority-data']!, 'base64');
  const plain = { cert: undefined, key: undefined, servername: undefined };
  const expected = {
    server: `https://localhost:${server.port}`,
    tls: { ...plain, ca },
    auth: undefined,
    headers: {
      Accept: 'application/json',
      'Accept-Encoding': 'gzip',
      Authorization: 'Bearer token',
      'Impersonate-User': 'ann',
    },
  };
  t.strictSame(access, expected);
  t.strictSame(structuredClone(access), { ...expected, tls: { ...plain, ca: new Uint8Array(ca) } });
  t.match(await accessOf(server, { cluster: { skipTLSVerify: true, tlsServerName: 'kubernetes' } }), {
    tls: { rejectUnauthorized: false, servername: 'kubernetes' },
  });
});

void test('what was asked goes on when the server is reached in another way from now on', async (t) => {
  const { server, held, client } = await started(t);
  const answered = Promise.withResolvers<undefined>();
  const arrived = Promise.withResolvers<undefined>();
  server.answer = (request, response) => {
    if (request.url !== '/slow') {
      writeJson(response, 200, {});
      return;
    }
    arrived.resolve(undefined);
    void answered.promise.then(() => {
      writeJson(response, 200, 'late');
    });
  };
  const slow = client.getRaw('/slow', bounds);
  await arrived.promise;
  held.access = { ...held.access, tls: { ...held.access.tls, servername: 'localhost' } };
  t.match(await client.getRaw('/other', bounds), { statusCode: 200 });
  answered.resolve(undefined);
  t.equal((await slow).body.toString(), '"late"');
});

void test('a server behind a proxy is reached by nobody else', async (t) => {
  const server = await startFakeApiServer(t, t.testdir());
  for (const proxyUrl of ['http://127.0.0.1:1', 'socks5://127.0.0.1:1'])
    t.equal(await accessOf(server, { cluster: { proxyUrl } }), undefined);
});

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
