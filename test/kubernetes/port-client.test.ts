import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';

import { test, type Test } from 'tap';

import type { ApiServerAccess } from '../../src/kubernetes/api-server-access.ts';
import { answerQuestions, PortClient } from '../../src/kubernetes/port-client.ts';
import { AnswerTooLargeError, type RawClient } from '../../src/kubernetes/raw-client.ts';

const largestBytes = 1_000_000;
const nothing: RawClient['getRaw'] = () => Promise.reject(new Error('not asked for'));
const unbounded = { signal: new AbortController().signal, largestBytes };

function connected(t: Test, getRaw: RawClient['getRaw'], access?: RawClient['access']): PortClient {
  const { port1, port2 } = new MessageChannel();
  answerQuestions(port1, access === undefined ? { getRaw } : { getRaw, access });
  const client = new PortClient(port2);
  t.teardown(() => {
    client.close();
  });
  return client;
}

void test('answers come as they are, whatever their size and order', async (t) => {
  const first = Promise.withResolvers<undefined>();
  const client = connected(t, async (path) => {
    if (path === '/small') await first.promise;
    else first.resolve(undefined);
    const body = path === '/small' ? Buffer.from('ü') : Buffer.alloc(900_000, 'x');
    const contentEncoding = path === '/small' ? undefined : 'gzip';
    return { statusCode: path === '/small' ? 429 : 200, retryAfterMs: 1_000, contentEncoding, body };
  });
  const [small, large] = await Promise.all([client.getRaw('/small', unbounded), client.getRaw('/large', unbounded)]);
  const common = { retryAfterMs: 1_000, contentEncoding: undefined };
  t.strictSame(small, { ...common, statusCode: 429, body: Buffer.from('ü') });
  t.strictSame(large, { ...common, statusCode: 200, contentEncoding: 'gzip', body: Buffer.alloc(900_000, 'x') });
});

void test('failures are told, and bounds are kept', async (t) => {
  const client = connected(t, (path, bounds) => {
    if (bounds.largestBytes !== largestBytes) throw new Error('not these bounds');
    return Promise.reject(path === '/large' ? new AnswerTooLargeError(path) : new Error('ECONNRESET'));
  });
  await t.rejects(client.getRaw('/large', unbounded), AnswerTooLargeError);
  await t.rejects(client.getRaw('/other', unbounded), { message: 'ECONNRESET' });
  await t.rejects(client.getRaw('/other', { ...unbounded, largestBytes: 1 }), { message: 'not these bounds' });
  await t.rejects(client.getRaw('/other', { ...unbounded, signal: AbortSignal.abort(new Error('late')) }), /late/);
});

void test('what matters no longer is given up at the other end', async (t) => {
  const seen: AbortSignal[] = [];
  const client = connected(t, async (_path, { signal }) => {
    seen.push(signal);
    await once(signal, 'abort');
    throw new Error('given up');
  });
  const stop = new AbortController();
  const asked = client.getRaw('/slow', { ...unbounded, signal: stop.signal });
  const other = client.getRaw('/other', unbounded);
  stop.abort();
  await t.rejects(asked, { message: 'given up' });
  t.strictSame(
    seen.map(({ aborted }) => aborted),
    [true, false],
    'and nothing else',
  );
  client.close();
  await once(seen[1]!, 'abort');
  void other;
  t.ok(seen[1]!.aborted, 'a port that is closed asks nothing more');
});

void test('how the API server is reached is told as it is', async (t) => {
  const access: ApiServerAccess = {
    server: 'https://localhost:6443',
    tls: { ca: 'the CA', cert: undefined, rejectUnauthorized: false, servername: 'kubernetes' },
    auth: 'ann:secret',
    headers: { Accept: 'application/json', Authorization: 'Bearer token' },
  };
  const client = connected(t, nothing, () => Promise.resolve(access));
  t.strictSame(await client.access(), access);
});

void test('where others cannot ask themselves, there is nothing to tell', async (t) => {
  t.equal(await connected(t, nothing).access(), undefined);
  t.equal(await connected(t, nothing, () => Promise.resolve(undefined)).access(), undefined);
});

void test('a failure to find out how the API server is reached is told, and questions go on', async (t) => {
  const answer = { statusCode: 200, retryAfterMs: undefined, contentEncoding: undefined, body: Buffer.from('all') };
  const getRaw = () => Promise.resolve(answer);
  const client = connected(t, getRaw, () => Promise.reject(new Error('the token cannot be read')));
  const answered = client.getRaw('/all', unbounded);
  await t.rejects(client.access(), { message: 'the token cannot be read' });
  t.match(await answered, { statusCode: 200, body: Buffer.from('all') });
  const odd = { headers: () => undefined } as unknown as ApiServerAccess;
  await t.rejects(connected(t, getRaw, () => Promise.resolve(odd)).access(), /could not be cloned/);
});
