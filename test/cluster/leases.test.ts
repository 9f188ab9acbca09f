import { KubeConfig } from '@kubernetes/client-node';
import t from 'tap';

import { ApiServerClient } from '../../src/kubernetes/api-server-client.ts';
import { LeaseElector, type LeaseEvent } from '../../src/kubernetes/lease-elector.ts';
import { ApiLeaseStore, type LeaseStore } from '../../src/kubernetes/lease-store.ts';
import { Leadership } from '../kubernetes/simulated-leases.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { waitFor } from './wait-for.ts';

/** Leader election over a Lease of a real API server, in real time. */
const cluster = await connectControlPlane();
const { acmeDev } = await createTenants(cluster, 'leases');
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(cluster.kubeconfig);
const store = new ApiLeaseStore(new ApiServerClient(kubeConfig), { namespace: acmeDev, name: 'tenantgate' });
const timing = { leaseMs: 3_000, renewMs: 2_000, retryMs: 500 };
const waitOptions = { timeoutMs: 60_000 };

function contender(identity: string, leadership: Leadership, through: LeaseStore = store) {
  const events: LeaseEvent[] = [];
  const lead = (signal: AbortSignal) => leadership.lead(identity, signal);
  const report = (event: LeaseEvent) => events.push(event);
  return { elector: new LeaseElector({ store: through, identity, lead, report, timing }), events };
}

async function leaseField(path: string): Promise<string> {
  return (await cluster.kubectl(['get', 'lease', 'tenantgate', '-n', acmeDev, '-o', `jsonpath={${path}}`])).stdout;
}

t.test('of two contenders one leads; when it is killed the other takes over; never both', async (t) => {
  const leadership = new Leadership();
  let isKilled = false;
  const untilKilled: LeaseStore = {
    read: (signal) => (isKilled ? Promise.reject(new Error('killed')) : store.read(signal)),
    create: (record, signal) => store.create(record, signal),
    update: (stored, record, signal) => store.update(stored, record, signal),
  };
  const a = contender('a', leadership, untilKilled);
  const b = contender('b', leadership);
  a.elector.start();
  await waitFor('a to lead', () => a.elector.isLeading, waitOptions);
  b.elector.start();
  await waitFor('b to follow', () => b.events.some(({ kind }) => kind === 'following'), waitOptions);
  t.equal(await leaseField('.spec.holderIdentity'), 'a');
  t.match(await leaseField('.spec.renewTime'), /^\d{4}-\d\d-\d\dT[\d:]+\.\d{6}Z$/);
  isKilled = true;
  await waitFor('b to lead', () => b.elector.isLeading, waitOptions);
  t.same(leadership.clashes, []);
  t.equal(await leaseField('.spec.holderIdentity'), 'b');
  t.equal(await leaseField('.spec.leaseTransitions'), '1');
  isKilled = false;
  await b.elector.stop();
  await waitFor('a to lead again', () => a.elector.isLeading, waitOptions);
  await a.elector.stop();
  t.equal(await leaseField('.spec.holderIdentity'), '', 'given back');
  t.same(leadership.history, ['a', 'b', 'a']);
  t.same(leadership.clashes, []);
});
