import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { ChangeFeed } from '../../src/kubernetes/change-feed.ts';
import { waitFor } from '../cluster/wait-for.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';
import { startFakeApiServer, writeJson } from './fake-api-server.ts';

const limits = { listMs: 500, silenceMs: 2_000, impatientMs: 60_000, shortestPauseMs: 5, longestPauseMs: 50 };
const path = '/api/v1/namespaces';

function until(what: string, probe: () => boolean): Promise<boolean> {
  return waitFor(what, probe, { timeoutMs: 10_000, intervalMs: 5 });
}

async function feeding(t: Test, resource = 'networkpolicies.networking.k8s.io') {
  const server = await startFakeApiServer(t, t.testdir({}));
  const log = fakeOperationLog();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const changes: (string | undefined)[] = [];
  const gaps: number[] = [];
  const feed = new ChangeFeed({
    client: new ApiServerClient(kubeConfig),
    log,
    collections: [{ path, resource }],
    onChange: (namespace) => changes.push(namespace),
    onGap: () => gaps.push(1),
    limits,
  });
  t.teardown(() => feed.stop());
  feed.start();
  await until('the watch', () => server.watches() === 1);
  return { server, log, changes, gaps };
}

const written = (time: string, subresource?: string) => ({
  manager: 'kubectl',
  operation: 'Update',
  time,
  ...(subresource === undefined ? {} : { subresource }),
});

const event = (type: string, metadata: object): string =>
  `${JSON.stringify({ type, object: { kind: 'PartialObjectMetadata', metadata: { resourceVersion: '9', ...metadata } } })}\n`;

void test('it tells where something is written, and leaves out writes of nothing but the status', async (t) => {
  const { server, changes, gaps } = await feeding(t);
  t.match(server.requests.at(0), /limit=1$/, 'what stands already is not read');
  const object = { uid: 'u', name: 'p', namespace: 'acme', generation: 1, managedFields: [written('10:00')] };
  server.send(event('ADDED', object));
  await until('the first', () => changes.length === 1);
  const status = { ...object, managedFields: [written('10:00'), written('10:01', 'status')] };
  server.send(event('MODIFIED', status));
  server.send(event('BOOKMARK', {}));
  server.send(event('MODIFIED', { ...status, labels: { a: 'b' } }));
  await until('the labels', () => changes.length === 2);
  server.send(event('MODIFIED', { ...status, labels: { a: 'b' }, managedFields: [written('10:02')] }));
  await until('the write', () => changes.length === 3);
  server.send(event('DELETED', { ...status, labels: { a: 'b' }, managedFields: [written('10:02')] }));
  await until('the end', () => changes.length === 4);
  server.send(event('ADDED', { uid: 'c', name: 'role' }));
  await until('the cluster-scoped one', () => changes.length === 5);
  t.same(changes, ['acme', 'acme', 'acme', 'acme', undefined]);
  t.same(gaps, []);
});

void test('a Namespace changes in itself', async (t) => {
  const { server, changes } = await feeding(t, 'namespaces');
  server.send(event('ADDED', { uid: 'n', name: 'globex' }));
  await until('the event', () => changes.length === 1);
  t.same(changes, ['globex']);
});

void test('where history is gone or an event cannot be read, changes may have been missed', async (t) => {
  const { server, gaps, log } = await feeding(t);
  server.send(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410 } })}\n`);
  await until('the first gap', () => gaps.length === 1);
  await until('the watch', () => server.watches() === 1);
  server.send(event('ADDED', { name: 'without uid' }));
  await until('the second gap', () => gaps.length === 2);
  await until('the log', () => log.lines.filter(({ message }) => message === 'changes are followed again').length >= 1);
  t.equal(gaps.length, 2);
});

void test('a collection that may not be read is told once, and tried again', async (t) => {
  const { server, log, gaps } = await feeding(t);
  const told = () => log.lines.filter(({ message }) => message === 'changes cannot be followed');
  server.answer = (_request, response) => {
    writeJson(response, 403, { kind: 'Status', code: 403 });
  };
  server.cut();
  const before = server.requests.length;
  await until('several tries', () => server.requests.length > before + 3);
  t.equal(told().length, 1);
  t.match(told()[0], { fields: { resource: 'networkpolicies.networking.k8s.io' } });
  server.answer = undefined;
  await until('the watch', () => server.watches() === 1);
  t.same(gaps, [], 'the history was still there');
});
