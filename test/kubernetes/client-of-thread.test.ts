import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import type { ApiServerAccess } from '../../src/kubernetes/api-server-access.ts';
import { clientOfThread, type ClosableClient } from '../../src/kubernetes/client-of-thread.ts';
import { answerQuestions } from '../../src/kubernetes/port-client.ts';
import type { RawAnswer } from '../../src/kubernetes/raw-client.ts';
import { startFakeApiServer, writeJson } from './fake-api-server.ts';

const bounds = { signal: new AbortController().signal, largestBytes: 1_000_000 };

const answerOf = (text: string): RawAnswer => ({
  statusCode: 200,
  retryAfterMs: undefined,
  contentEncoding: undefined,
  body: Buffer.from(text),
});

/** What the thread at the other end of the port was asked, and what it answers from now on. */
class Parent {
  access: ApiServerAccess | 'unknown' | undefined;
  accessAsked = 0;
  readonly paths: string[] = [];
  readonly port: MessagePort;
  readonly #other: MessagePort;

  constructor(access: Parent['access']) {
    this.access = access;
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.#other = port2;
    answerQuestions(port1, {
      getRaw: (path) => {
        this.paths.push(path);
        return Promise.resolve(answerOf('by way of the parent'));
      },
      access: () => {
        this.accessAsked += 1;
        return this.access === 'unknown' ? Promise.reject(new Error('no token')) : Promise.resolve(this.access);
      },
    });
  }

  async client(t: Test, longestMs?: number): Promise<ClosableClient> {
    const client = await clientOfThread(this.#other, longestMs);
    t.teardown(() => {
      client.close();
    });
    return client;
  }
}

interface Given {
  /** What the API server was asked. */
  readonly asked: IncomingMessage[];
  readonly parent: Parent;
}

async function started(t: Test): Promise<Given> {
  const server = await startFakeApiServer(t, t.testdir());
  const asked: IncomingMessage[] = [];
  server.answer = (request, response) => {
    asked.push(request);
    writeJson(response, 200, 'asked directly');
  };
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(readFileSync(server.kubeconfig, 'utf8'));
  return { asked, parent: new Parent(await new ApiServerClient(kubeConfig).access()) };
}

void test('a thread that can be told how asks the API server itself', async (t) => {
  const { asked, parent } = await started(t);
  const client = await parent.client(t);
  for (const path of ['/1', '/2']) {
    const { body } = await client.getRaw(path, bounds);
    t.equal(body.toString(), '"asked directly"');
  }
  t.strictSame(
    asked.map(({ url }) => url),
    ['/1', '/2'],
  );
  t.strictSame(parent.paths, []);
  t.equal(parent.accessAsked, 1, 'what was told holds for some time');
});

void test('it is told anew after that time, and goes on with what it has when there is nothing new', async (t) => {
  const { asked, parent } = await started(t);
  const first = parent.access as ApiServerAccess;
  const client = await parent.client(t, 0);
  const tokenAfter = async (access: Parent['access']) => {
    parent.access = access;
    // What is renewed meanwhile is for the next one.
    await client.getRaw('/', bounds);
    await client.getRaw('/', bounds);
    return asked.at(-1)!.headers.authorization;
  };
  t.equal(await tokenAfter({ ...first, headers: { Authorization: 'Bearer renewed' } }), 'Bearer renewed');
  t.equal(await tokenAfter(undefined), 'Bearer renewed');
  t.equal(await tokenAfter('unknown'), 'Bearer renewed');
  t.equal(await tokenAfter({ ...first, headers: { Authorization: 'Bearer new' } }), 'Bearer new');
  t.equal(parent.accessAsked, 9);
  t.strictSame(parent.paths, []);
});

void test('one that cannot be told asks by way of the other thread', async (t) => {
  for (const access of [undefined, 'unknown'] as const) {
    const parent = new Parent(access);
    const client = await parent.client(t, 0);
    const { body } = await client.getRaw('/1', bounds);
    t.equal(body.toString(), 'by way of the parent');
    t.strictSame(parent.paths, ['/1']);
  }
});

void test('a client that is closed leaves neither connections nor the port open', async (t) => {
  const { asked, parent } = await started(t);
  const client = await parent.client(t);
  await client.getRaw('/1', bounds);
  const ended = Promise.all([once(asked[0]!.socket, 'close'), once(parent.port, 'close')]);
  client.close();
  await t.resolves(ended);

  const without = new Parent(undefined);
  const closed = once(without.port, 'close');
  (await without.client(t)).close();
  await t.resolves(closed);
});
