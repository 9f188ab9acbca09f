import { KubeConfig } from '@kubernetes/client-node';
import { test, type Test } from 'tap';

import type { ViolationEvent } from '../../src/admission/event-ports.ts';
import { ApiEventWriter } from '../../src/kubernetes/api-event-writer.ts';
import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { startFakeApiServer } from './fake-api-server.ts';
import { createObjectStore } from './object-store.ts';

const never = new AbortController().signal;
const at = (time: string) => new Date(`2026-06-01T${time}Z`);

async function writing(t: Test) {
  const server = await startFakeApiServer(t, t.testdir({}));
  const store = createObjectStore('events');
  server.answer = store.answer;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const client = new ApiServerClient(kubeConfig);
  return { server, store, writer: new ApiEventWriter(client, 'tenantgate-0') };
}

function eventOf(more: Partial<ViolationEvent> = {}): ViolationEvent {
  return {
    violation: {
      object: { apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web', uid: '0a1b' },
      rule: 'pods/host-network',
      mode: 'audit',
      note: 'spec.hostNetwork: is true [pods/host-network]',
    },
    isFirst: true,
    count: 1,
    firstObserved: at('10:00:00.001'),
    lastObserved: at('10:00:05.5'),
    ...more,
  };
}

void test('an Event tells of the object, in its namespace', async (t) => {
  const { store, writer } = await writing(t);
  t.same(await writer.write(eventOf(), never), { state: 'written' });
  const [[path, event] = ['', {}]] = store.objects;
  t.match(path, /^\/apis\/events\.k8s\.io\/v1\/namespaces\/acme-dev\/events\/tenantgate-[0-9a-f]{24}$/);
  t.same(event, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: {
      namespace: 'acme-dev',
      name: path.split('/').at(-1),
      labels: { 'app.kubernetes.io/managed-by': 'tenantgate' },
      uid: 'uid-1',
      resourceVersion: '1',
    },
    eventTime: '2026-06-01T10:00:00.001000Z',
    reportingController: 'tenantgate.dev/admission',
    reportingInstance: 'tenantgate-0',
    action: 'Admit',
    reason: 'PolicyViolation',
    type: 'Warning',
    regarding: { apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web', uid: '0a1b' },
    note: 'spec.hostNetwork: is true [pods/host-network]',
  });
});

void test('all that write the same Event add to one count', async (t) => {
  const { store, writer } = await writing(t);
  await writer.write(eventOf(), never);
  await writer.write(eventOf({ isFirst: false, count: 4 }), never);
  await writer.write(eventOf({ count: 5, lastObserved: at('11:00:00') }), never);
  t.equal(store.objects.size, 1);
  t.match([...store.objects.values()], [{ series: { count: 10, lastObservedTime: '2026-06-01T11:00:00.000000Z' } }]);
});

void test('an Event that the API server has let go is made anew', async (t) => {
  const { store, writer } = await writing(t);
  t.same(await writer.write(eventOf({ isFirst: false, count: 3 }), never), { state: 'written' });
  t.match([...store.objects.values()], [{ series: { count: 3 } }]);
});

void test('one that somebody else changed meanwhile is read again, a few times', async (t) => {
  const { store, writer } = await writing(t);
  await writer.write(eventOf(), never);
  let conflicts = 2;
  store.fail = (method) => (method === 'PUT' && conflicts-- > 0 ? 409 : undefined);
  t.same(await writer.write(eventOf({ isFirst: false }), never), { state: 'written' });
  t.match([...store.objects.values()], [{ series: { count: 2 } }]);
  store.fail = (method) => (method === 'PUT' ? 409 : undefined);
  t.match(await writer.write(eventOf({ isFirst: false }), never), { state: 'refused', problem: /409/ });
});

void test('another rule, object or text is another Event; what is in no namespace is in default', async (t) => {
  const { store, writer } = await writing(t);
  const { violation } = eventOf();
  const object = { ...violation.object, kind: 'ClusterRole', namespace: '', uid: '' };
  await writer.write(eventOf(), never);
  await writer.write(eventOf({ violation: { ...violation, rule: 'pods/host-ports' } }), never);
  await writer.write(eventOf({ violation: { ...violation, note: 'other' } }), never);
  await writer.write(eventOf({ violation: { ...violation, object } }), never);
  t.equal(store.objects.size, 4);
  t.match([...store.objects].at(-1)?.[0], '/namespaces/default/events/');
  t.same([...store.objects].at(-1)?.[1]['regarding'], { apiVersion: 'v1', kind: 'ClusterRole', name: 'web' });
});

void test('a long text is cut between characters, within the bytes that an Event holds', async (t) => {
  const { store, writer } = await writing(t);
  await writer.write(eventOf({ violation: { ...eventOf().violation, note: '💥'.repeat(300) } }), never);
  const [note] = [...store.objects.values()].map((event) => String(event['note']));
  t.equal(note, `${'💥'.repeat(255)}…`);
});

void test('what an API server says is told from that it says nothing', async (t) => {
  const { server, store, writer } = await writing(t);
  for (const [status, state] of [
    [403, 'refused'],
    [404, 'refused'],
    [422, 'refused'],
    [429, 'unavailable'],
    [500, 'unavailable'],
  ] as const) {
    store.fail = () => status;
    t.match(await writer.write(eventOf(), never), { state, problem: new RegExp(String(status)) });
  }
  t.match(await writer.write(eventOf(), AbortSignal.abort()), { state: 'unavailable' });
  await server.leave();
  t.match(await writer.write(eventOf(), never), { state: 'unavailable' });
});
