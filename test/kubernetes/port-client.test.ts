import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';

import { test, type Test } from 'tap';

import { answerQuestions, PortClient } from '../../src/kubernetes/port-client.ts';
import { AnswerTooLargeError, type RawClient } from '../../src/kubernetes/raw-client.ts';

const largestBytes = 1_000_000;
const unbounded = { signal: new AbortController().signal, largestBytes };

function connected(t: Test, getRaw: RawClient['getRaw']): PortClient {
  const { port1, port2 } = new MessageChannel();
  answerQuestions(port1, { getRaw });
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
    return { statusCode: path === '/small' ? 429 : 200, retryAfterMs: 1_000, body };
  });
  const [small, large] = await Promise.all([client.getRaw('/small', unbounded), client.getRaw('/large', unbounded)]);
  t.strictSame(small, { statusCode: 429, retryAfterMs: 1_000, body: Buffer.from('ü') });
  t.strictSame(large, { statusCode: 200, retryAfterMs: 1_000, body: Buffer.alloc(900_000, 'x') });
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
