import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { connectCluster } from '../../src/kubernetes/connect.ts';
import { NamespaceCache } from '../../src/kubernetes/namespace-cache.ts';
import type { WatchLimits } from '../../src/kubernetes/watch-loop.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';
import { startFakeApiServer, statusOf, writeJson } from './fake-api-server.ts';

const limits = { listMs: 500, silenceMs: 500, impatientMs: 60_000, shortestPauseMs: 5, longestPauseMs: 50 };

function until(what: string, probe: () => boolean): Promise<boolean> {
  return waitFor(what, probe, { timeoutMs: 10_000, intervalMs: 5 });
}

/** A cache that follows a fake API server of its own, both ended with the test. */
async function following(t: Test, given: Partial<WatchLimits> = {}) {
  const server = await startFakeApiServer(t, t.testdir({}));
  const log = fakeOperationLog();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const cache = new NamespaceCache({ client: new ApiServerClient(kubeConfig), log, limits: { ...limits, ...given } });
  t.teardown(() => cache.stop());
  const start = async (): Promise<void> => {
    cache.start();
    await until('the cache to be filled', () => cache.state.isSynced);
    await until('the watch', () => server.watches() === 1);
  };
  return { server, log, cache, start };
}

const lists = (requests: readonly string[]) => requests.filter((request) => !request.includes('watch=true')).length;

void test('all pages are read before the cache is filled', async (t) => {
  const { server, cache, start } = await following(t);
  for (let index = 0; index < 1_201; index += 1) server.put(`n-${index}`, { 'tenantgate.dev/tenant': `t-${index}` });
  t.strictSame(cache.state, { isSynced: false, size: 0, problem: undefined });
  t.equal(cache.all(), undefined, 'not all are known');
  await start();
  t.equal(cache.size, 1_201);
  t.strictSame(cache.get('n-1200'), { name: 'n-1200', labels: { 'tenantgate.dev/tenant': 't-1200' } });
  t.equal(cache.get('no-such'), undefined, 'never missing: it may lag');
  t.equal(lists(server.requests), 3);
  t.match(server.requests.at(-1), /watch=true&resourceVersion=1202&.*allowWatchBookmarks=true/);
});

void test('events are followed: added, modified, deleted, and bookmarks', async (t) => {
  const { server, cache, start } = await following(t);
  server.put('old', { a: '1' });
  await start();
  const names = () => cache.all()?.map(({ name }) => name);
  const before = cache.all();
  t.equal(cache.all(), before, 'the same array as long as none changes');
  server.put('new', { a: '1' });
  server.put('old', { a: '2' });
  await until('the events', () => cache.get('old')?.labels['a'] === '2' && cache.get('new') !== undefined);
  t.strictSame(names(), ['old', 'new']);
  t.strictSame(before, [{ name: 'old', labels: { a: '1' } }], 'what was given out is left as it was');
  server.remove('new');
  await until('the deletion', () => cache.get('new') === undefined);
  t.strictSame(names(), ['old']);
  server.send('{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1000"}}}\n');
  server.endWatches();
  await until('the next watch', () => server.requests.at(-1)?.includes('resourceVersion=1000') === true);
  t.equal(lists(server.requests), 1, 'a watch that ended goes on from where it was');
  t.equal(cache.state.problem, undefined);
});

void test('an event may come in pieces, with several in one', async (t) => {
  const { server, cache, start } = await following(t);
  await start();
  const event = (name: string) => JSON.stringify({ type: 'ADDED', object: { metadata: { name, labels: { a: 'ü' } } } });
  const bytes = Buffer.from(`${event('a')}\n${event('b')}\n\n`);
  for (const byte of bytes) server.send(Buffer.of(byte));
  await until('both', () => cache.size === 2);
  t.strictSame(cache.get('b')?.labels, { a: 'ü' });
});

void test('where the history is gone it lists anew: told by an ERROR event or by HTTP 410', async (t) => {
  const { server, cache, log, start } = await following(t);
  server.put('stays');
  server.put('goes');
  await start();
  server.answer = (_request, response) => {
    writeJson(response, 500, statusOf(500));
  };
  server.send(`${JSON.stringify({ type: 'ERROR', object: statusOf(410) })}\n`);
  await until('the failure', () => cache.state.problem !== undefined);
  server.remove('goes');
  t.equal(cache.size, 2, 'until then it keeps what it has');
  server.answer = undefined;
  await until('the list', () => cache.get('goes') === undefined);
  await until('the recovery', () => cache.state.problem === undefined);
  t.ok(cache.get('stays'));
  const before = lists(server.requests);
  let isGone = true;
  server.answer = (_request, response, url) => {
    if (url.searchParams.get('watch') === 'true' && isGone) writeJson(response, 410, statusOf(410));
    else {
      isGone = false;
      server.answer = undefined;
      writeJson(response, 200, { kind: 'NamespaceList', metadata: { resourceVersion: '99' }, items: null });
    }
  };
  server.endWatches();
  await until('the second list', () => cache.size === 0);
  t.equal(lists(server.requests), before + 1);
  t.ok(log.lines.length <= 8, 'each failure and each recovery is one line');
});

void test('an API server that is away is waited for, told once, and caught up with', async (t) => {
  const { server, cache, log, start } = await following(t);
  server.put('before', { a: '1' });
  await start();
  await server.leave();
  await until('the failure', () => cache.state.problem !== undefined);
  server.put('meanwhile');
  server.put('before', { a: '2' });
  await delay(300);
  t.strictSame([cache.size, cache.get('before')?.labels['a']], [1, '1'], 'it keeps what it has');
  t.match(cache.state, { isSynced: true, problem: /ECONNREFUSED|ECONNRESET|socket hang up|aborted/ });
  t.equal(cache.all(), undefined, 'there may be others by now');
  t.strictSame(
    log.lines.map(({ message }) => message),
    ['namespaces cannot be followed'],
    'not a line for each try',
  );
  await server.comeBack();
  await until(
    'what happened meanwhile',
    () => cache.get('meanwhile') !== undefined && cache.get('before')?.labels['a'] === '2',
  );
  t.equal(cache.state.problem, undefined);
  t.match(log.lines.at(-1), { level: 'info', message: 'namespaces are followed again' });
});

void test('an API server that is away at the start is waited for as well', async (t) => {
  const { server, cache } = await following(t);
  server.put('a');
  await server.leave();
  cache.start();
  await until('the failure', () => cache.state.problem !== undefined);
  t.strictSame([cache.state.isSynced, cache.size], [false, 0]);
  await server.comeBack();
  await until('the cache', () => cache.state.isSynced && cache.size === 1);
  await until('the watch', () => cache.all()?.length === 1);
});

void test('connections that are cut, in lists and in watches, cost a new try', async (t) => {
  const { server, cache, start } = await following(t);
  for (let index = 0; index < 600; index += 1) server.put(`n-${index}`);
  let cuts = 0;
  server.answer = (_request, response) => {
    cuts += 1;
    if (cuts === 3) server.answer = undefined;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"kind":"NamespaceList","items":[', () => {
      server.cut();
    });
  };
  await start();
  t.equal(cache.size, 600);
  for (let round = 0; round < 5; round += 1) {
    server.send('{"type":"ADDED","object":{"metadata":{"na');
    server.cut();
    server.put(`cut-${round}`);
    await until('the event after the cut', () => cache.get(`cut-${round}`) !== undefined);
  }
  t.equal(cache.size, 605);
  t.equal(
    lists(server.requests),
    5,
    'a broken watch goes on from where it was: no list but the three cut and two pages',
  );
});

void test('a half-sent list, and an answer that is no list, never replace what is known', async (t) => {
  const { server, cache, start } = await following(t);
  server.put('a');
  await start();
  const answers = [
    '',
    '{',
    '{}',
    '[]',
    'null',
    '<html>',
    '{"kind":"Status"}',
    '{"kind":"NamespaceList"}',
    '{"items":{}}',
  ];
  let next = 0;
  server.answer = (_request, response, url) => {
    if (url.searchParams.get('watch') === 'true') writeJson(response, 410, statusOf(410));
    else {
      response.writeHead(200).end(answers[next % answers.length]);
      next += 1;
    }
  };
  server.endWatches();
  await until('every answer', () => next > answers.length);
  t.ok(cache.get('a'));
  server.answer = undefined;
  await until('the recovery', () => cache.state.problem === undefined);
  t.equal(cache.size, 1);
});

void test('what cannot be read in a watch is not skipped: it may have been a change, so all is listed anew', async (t) => {
  const { server, cache, start } = await following(t);
  server.put('a', { v: '0' });
  await start();
  const garbage = [
    'nonsense',
    '{"type":"MODIFIED"}',
    '{"type":"MODIFIED","object":{"metadata":{}}}',
    '{"type":"RENAMED","object":{"metadata":{"name":"a"}}}',
    'null',
    '[]',
    '{"type":"ERROR"}',
  ];
  for (const [index, line] of garbage.entries()) {
    const requests = server.requests.length;
    server.send(`${line}\n`);
    await until(`another try after ${line}`, () => server.requests.length > requests);
    server.put('a', { v: String(index) });
    await until(`the event after ${line}`, () => cache.get('a')?.labels['v'] === String(index));
  }
  t.ok(lists(server.requests) >= 6);
  t.equal(cache.size, 1);
});

void test('a server that hangs is given up: before its answer, in the middle of a list, and in a watch', async (t) => {
  const { server, cache, log, start } = await following(t);
  server.put('a');
  server.answer = () => undefined;
  cache.start();
  await until('the list to be given up', () => cache.state.problem !== undefined);
  server.answer = (_request, response) => {
    response.writeHead(200).write('{"kind":"NamespaceList","items":[');
  };
  await until('another try', () => lists(server.requests) >= 2);
  server.answer = undefined;
  await start();
  t.equal(cache.size, 1);
  server.answer = (_request, response, url) => {
    if (url.searchParams.get('watch') !== 'true') writeJson(response, 500, statusOf(500));
  };
  server.endWatches();
  await until('the watch to be given up', () => (cache.state.problem ?? '').includes('did not answer'));
  server.answer = undefined;
  await until('the recovery', () => cache.state.problem === undefined);
  t.notMatch(JSON.stringify(log.lines), 'AbortError');
});

void test('a request whose connection has died is made again beside it, and whichever is answered counts', async (t) => {
  const forEver = { listMs: 600_000, silenceMs: 600_000, shortestPauseMs: 600_000, longestPauseMs: 600_000 };
  const { server, cache, log } = await following(t, { ...forEver, impatientMs: 50 });
  server.put('a');
  const hung: ServerResponse[] = [];
  server.answer = (_request, response) => void hung.push(response);
  cache.start();
  await until('three lists', () => hung.length >= 3);
  await until('no more than two at once', () => server.connections() === 2);
  server.answer = undefined;
  await until('the cache', () => cache.get('a') !== undefined && server.watches() === 1);
  await until('one connection', () => server.connections() === 1);
  t.equal(server.requests.filter((request) => request.includes('watch=true')).length, 1);
  hung.length = 0;
  server.answer = (_request, response) => void hung.push(response);
  server.put('b');
  server.endWatches();
  await until('three watches', () => hung.length >= 3);
  const lateAnswer = hung[0];
  lateAnswer?.writeHead(200).flushHeaders();
  await until('the first to be taken, and the second given up', () => server.connections() === 1);
  lateAnswer?.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'late' } } })}\n`);
  await until('its events', () => cache.get('late') !== undefined);
  t.same([cache.state.problem, log.lines], [undefined, []], 'patience is no fault');
});

void test('a watch that falls silent is begun anew, since nobody can tell it from a dead one', async (t) => {
  const { server, cache, log, start } = await following(t, { silenceMs: 1_200 });
  await start();
  const tries = server.requests.length;
  await until('the next watch', () => server.requests.length > tries);
  server.put('a');
  await until('its events', () => cache.get('a') !== undefined);
  t.equal(lists(server.requests), 1);
  t.strictSame(log.lines, [], 'silence is no fault');
});

void test('bookmarks keep a watch alive', async (t) => {
  const { server, start } = await following(t, { silenceMs: 1_000 });
  await start();
  const tries = server.requests.length;
  for (let round = 0; round < 6; round += 1) {
    await delay(300);
    server.bookmark();
  }
  t.equal(server.requests.length, tries);
});

void test('a slow server is waited for as long as it goes on', async (t) => {
  const { server, cache } = await following(t, { listMs: 5_000 });
  server.answer = (_request, response, url) => {
    server.answer = undefined;
    void (async () => {
      const text = JSON.stringify({ kind: 'NamespaceList', metadata: {}, items: [{ metadata: { name: 'slow' } }] });
      response.writeHead(200);
      for (const character of text) {
        response.write(character);
        await delay(5);
      }
      response.end();
      t.match(url.pathname, '/api/v1/namespaces');
    })();
  };
  cache.start();
  await until('the list', () => cache.get('slow') !== undefined);
});

void test('a server that refuses at once is not asked without a pause', async (t) => {
  const { server, cache, log, start } = await following(t, { shortestPauseMs: 20, longestPauseMs: 200 });
  await start();
  const endings: readonly ((response: ServerResponse) => void)[] = [
    (response) => void response.writeHead(200).end(),
    (response) => {
      writeJson(response, 403, statusOf(403));
    },
    (response) => void response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object: statusOf(410) })}\n`),
  ];
  for (const ending of endings) {
    server.answer = (_request, response, url) => {
      if (url.searchParams.get('watch') === 'true') ending(response);
      else writeJson(response, 200, { kind: 'NamespaceList', metadata: { resourceVersion: '1' }, items: [] });
    };
    server.endWatches();
    const tries = server.requests.length;
    await delay(1_000);
    t.ok(server.requests.length - tries < 40, `${server.requests.length - tries} requests in a second`);
    t.ok(cache.state.problem);
  }
  server.answer = undefined;
  await until('the recovery', () => cache.state.problem === undefined);
  t.ok(log.lines.length < 60);
});

void test('memory does not grow with the number of events: what is deleted is gone, and no connection stays', async (t) => {
  const { server, cache, start } = await following(t);
  await start();
  for (let round = 0; round < 20; round += 1) {
    for (let index = 0; index < 500; index += 1) server.put(`n-${round}-${index}`);
    for (let index = 0; index < 500; index += 1) server.remove(`n-${round}-${index}`);
    if (round % 4 === 0) server.endWatches();
  }
  server.put('last');
  await until('the last event', () => cache.get('last') !== undefined);
  t.equal(cache.size, 1);
  await until('one connection', () => server.connections() === 1 && server.watches() === 1);
});

void test('stop ends it at once, whatever it is doing', async (t) => {
  const doing: readonly (readonly [string, (server: Awaited<ReturnType<typeof following>>['server']) => void])[] = [
    ['a list', (server) => (server.answer = () => undefined)],
    ['a watch', () => undefined],
    [
      'the opening of a watch',
      (server) =>
        (server.answer = (_request, response, url) => {
          if (url.searchParams.get('watch') !== 'true') writeJson(response, 200, { kind: 'NamespaceList', items: [] });
        }),
    ],
    [
      'a pause',
      (server) =>
        (server.answer = (_request, response) => {
          writeJson(response, 500, statusOf(500));
        }),
    ],
  ];
  for (const [what, prepare] of doing) {
    const { server, cache } = await following(t, { listMs: 60_000, silenceMs: 60_000, shortestPauseMs: 60_000 });
    prepare(server);
    cache.start();
    await until(what, () => server.requests.length >= (what.includes('watch') ? 2 : 1));
    await delay(50);
    const started = performance.now();
    await cache.stop();
    t.ok(performance.now() - started < 1_000, what);
    await until(`no connection after ${what}`, () => server.connections() === 0);
    const requests = server.requests.length;
    await delay(50);
    t.equal(server.requests.length, requests, 'nothing is asked any more');
  }
  const { cache } = await following(t);
  await cache.stop();
});

void test('stop does not wait for a server that takes connections and says nothing', async (t) => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  t.teardown(() => silent.close());
  const { port } = silent.address() as { port: number };
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server: `https://127.0.0.1:${port}` }],
    users: [{ name: 'u' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  });
  const cache = new NamespaceCache({ client: new ApiServerClient(kubeConfig), log: fakeOperationLog() });
  cache.start();
  await once(silent, 'connection');
  const started = performance.now();
  await cache.stop();
  t.ok(performance.now() - started < 1_000);
});

void test('a kubeconfig connects cache and reader, and one that cannot be read is told', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({ wrong: 'clusters: [' }));
  server.put('acme-dev', { 'tenantgate.dev/tenant': 'acme' });
  const { namespaces, reader } = await connectCluster({ kubeconfig: server.kubeconfig }, fakeOperationLog());
  t.teardown(() => namespaces.stop());
  t.strictSame(server.requests, [], 'nothing is asked before the start');
  namespaces.start();
  await until('the cache', () => namespaces.get('acme-dev') !== undefined);
  t.match(await reader.readNamespace('acme-dev', AbortSignal.timeout(5_000)), { name: 'acme-dev' });
  await t.rejects(connectCluster({ kubeconfig: server.kubeconfig.replace('kubeconfig', 'wrong') }, fakeOperationLog()));
  await t.rejects(connectCluster({ kubeconfig: '/no/such/kubeconfig' }, fakeOperationLog()));
});
