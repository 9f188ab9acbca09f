import { KubeConfig } from '@kubernetes/client-node';
import { test } from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { LeaseElector, leaseTiming } from '../../src/kubernetes/lease-elector.ts';
import { ApiLeaseStore } from '../../src/kubernetes/lease-store.ts';
import { startFakeApiServer } from './fake-api-server.ts';
import { createObjectStore } from './object-store.ts';
import { contender, Leadership, SimulatedLease, SimulatedTime } from './simulated-leases.ts';

const hourMs = 3_600_000;

function contest() {
  const time = new SimulatedTime();
  const lease = new SimulatedLease();
  const leadership = new Leadership();
  return { time, lease, leadership };
}

void test('one leads, the other follows and says whom', async (t) => {
  const { time, lease, leadership } = contest();
  const a = contender('a', time, lease, leadership);
  const b = contender('b', time, lease, leadership);
  a.elector.start();
  await time.pass(100);
  b.elector.start();
  await time.pass(hourMs);
  t.same([...leadership.leaders], ['a']);
  t.same([a.elector.isLeading, b.elector.isLeading], [true, false]);
  t.same(leadership.history, ['a'], 'it keeps the lease');
  t.same(a.events, [{ kind: 'leading' }]);
  t.same(b.events, [{ kind: 'following', leader: 'a' }]);
  t.match(lease.stored?.record, { holder: 'a', leaseSeconds: 15, transitions: 0 });
  await Promise.all([b.elector.stop(), a.elector.stop()]);
});

void test('a leader that is killed is followed by another, whatever their clocks show', async (t) => {
  for (const offsetMs of [0, -24 * hourMs, 24 * hourMs]) {
    const { time, lease, leadership } = contest();
    const a = contender('a', time, lease, leadership);
    const b = contender('b', time, lease, leadership, offsetMs);
    a.elector.start();
    await time.pass(100);
    b.elector.start();
    await time.pass(60_000);
    t.same([...leadership.leaders], ['a'], 'a clock that is wrong takes nothing over');
    // Killed: it says nothing any more, and does nothing either.
    lease.unreachableFor.add('a');
    leadership.leaders.delete('a');
    await time.pass(leaseTiming.leaseMs - 3_000);
    t.same([...leadership.leaders], [], 'not before the lease has run out');
    await time.pass(3_000 + leaseTiming.retryMs * 2);
    t.same([...leadership.leaders], ['b']);
    t.match(lease.stored?.record, { holder: 'b', transitions: 1 });
    await Promise.all([a.elector.stop(), b.elector.stop()]);
  }
});

void test('a leader that cannot renew stops leading before another may begin', async (t) => {
  const { time, lease, leadership } = contest();
  const a = contender('a', time, lease, leadership);
  const b = contender('b', time, lease, leadership);
  a.elector.start();
  await time.pass(100);
  b.elector.start();
  await time.pass(60_000);
  lease.unreachableFor.add('a');
  await time.pass(leaseTiming.renewMs + leaseTiming.retryMs);
  t.same([...leadership.leaders], []);
  t.match(a.events.at(-1), { kind: /lost|failed/ });
  t.ok(a.events.some((event) => event.kind === 'lost' && event.problem === 'it could not be renewed within 10000 ms'));
  await time.pass(leaseTiming.leaseMs);
  t.same([...leadership.leaders], ['b']);
  lease.unreachableFor.clear();
  await time.pass(10_000);
  t.same([...leadership.leaders], ['b'], 'it does not take it back');
  t.match(a.events.at(-1), { kind: 'following', leader: 'b' });
  t.same(leadership.clashes, []);
  await Promise.all([a.elector.stop(), b.elector.stop()]);
});

void test('a leader that stops gives the lease back, and the next begins at once', async (t) => {
  const { time, lease, leadership } = contest();
  const a = contender('a', time, lease, leadership);
  const b = contender('b', time, lease, leadership);
  a.elector.start();
  await time.pass(100);
  b.elector.start();
  await time.pass(10_000);
  await a.elector.stop();
  t.equal(lease.stored?.record.holder, '');
  await time.pass(leaseTiming.retryMs * 2);
  t.same([...leadership.leaders], ['b']);
  t.same(leadership.clashes, []);
  await b.elector.stop();
});

void test('a Lease that is deleted, or taken by force, makes no two leaders', async (t) => {
  const { time, lease, leadership } = contest();
  const a = contender('a', time, lease, leadership);
  const b = contender('b', time, lease, leadership);
  a.elector.start();
  await time.pass(100);
  b.elector.start();
  await time.pass(10_000);
  lease.stored = undefined;
  await time.pass(60_000);
  t.same([...leadership.leaders], ['a'], 'who leads makes it anew');
  lease.takeFor('c');
  await time.pass(leaseTiming.retryMs * 2);
  t.same([...leadership.leaders], []);
  t.ok(a.events.some((event) => event.kind === 'lost' && event.problem === '"c" holds it'));
  await time.pass(leaseTiming.leaseMs * 2);
  t.equal(leadership.leaders.size, 1);
  t.same(leadership.clashes, []);
  await Promise.all([a.elector.stop(), b.elector.stop()]);
});

void test('however the API server comes and goes, no two lead at once, and somebody leads when it stays', async (t) => {
  const { time, lease, leadership } = contest();
  const names = ['a', 'b', 'c'];
  const contenders = names.map((name, index) => contender(name, time, lease, leadership, index * hourMs));
  for (const { elector } of contenders) elector.start();
  let state = 20_260_601;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % bound;
  };
  for (let step = 0; step < 600; step += 1) {
    const name = names[below(names.length)] ?? '';
    if (below(2) === 0) lease.unreachableFor.add(name);
    else lease.unreachableFor.delete(name);
    await time.pass(below(8_000));
  }
  t.same(leadership.clashes, []);
  t.equal(new Set(leadership.history).size, names.length, 'each had its turn');
  lease.unreachableFor.clear();
  await time.pass(leaseTiming.leaseMs + 4 * leaseTiming.retryMs);
  t.equal(leadership.leaders.size, 1);
  await Promise.all(contenders.map(({ elector }) => elector.stop()));
});

void test('what the leader does may fail without an end to its leadership', async (t) => {
  const { time, lease } = contest();
  const events: unknown[] = [];
  const elector = new LeaseElector({
    store: lease.storeOf('a'),
    identity: 'a',
    lead: () => Promise.reject(new Error('a bug')),
    report: (event) => events.push(event),
    clock: time.clock(0),
  });
  elector.start();
  await time.pass(10_000);
  t.same(events, [{ kind: 'leading' }, { kind: 'failed', problem: 'a bug' }]);
  t.ok(elector.isLeading);
  await elector.stop();
});

void test('a Lease in a cluster is made, renewed with its version, and keeps what others wrote', async (t) => {
  const server = await startFakeApiServer(t, t.testdir({}));
  const store = createObjectStore();
  server.answer = store.answer;
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(server.kubeconfig);
  const leases = new ApiLeaseStore(new ApiServerClient(kubeConfig), { namespace: 'system', name: 'tenantgate' });
  const never = new AbortController().signal;
  t.equal(await leases.read(never), undefined);
  const at = new Date('2026-06-01T10:00:00.5Z');
  const record = { holder: 'a', leaseSeconds: 15, acquiredAt: at, renewedAt: at, transitions: 0 };
  const made = await leases.create(record, never);
  const path = '/apis/coordination.k8s.io/v1/namespaces/system/leases/tenantgate';
  t.match(store.objects.get(path), {
    spec: {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-06-01T10:00:00.500000Z',
      renewTime: '2026-06-01T10:00:00.500000Z',
      leaseTransitions: 0,
    },
  });
  await t.rejects(leases.create(record, never), /409/);
  const other = store.objects.get(path) ?? {};
  store.objects.set(path, { ...other, spec: { ...(other['spec'] as object), strategy: 'OldestEmulationVersion' } });
  const read = await leases.read(never);
  t.same(read?.record, record);
  if (read === undefined) throw new Error('it is there');
  await leases.update(read, { ...record, holder: 'b' }, never);
  t.match(store.objects.get(path), { spec: { holderIdentity: 'b', strategy: 'OldestEmulationVersion' } });
  await t.rejects(leases.update(made, record, never), /409/);
  await t.rejects(leases.update({ record, version: '1' }, record, never), /not read from this store/);
  store.objects.set(path, { kind: 'Lease', metadata: { resourceVersion: '9' }, spec: { holderIdentity: null } });
  t.match((await leases.read(never))?.record, { holder: '', leaseSeconds: 0, transitions: 0, acquiredAt: undefined });
  store.objects.set(path, { kind: 'Lease' });
  await t.rejects(leases.read(never), /no Lease/);
  store.fail = () => 403;
  await t.rejects(leases.read(never), /403/);
});
