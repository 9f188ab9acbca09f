import t from 'tap';

import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { startTenantgate } from './tenantgate.ts';
import { violationEvents } from './violation-events.ts';
import { waitFor } from './wait-for.ts';

/** Events of would-be denials on a real API server, which holds them against its own schema and rules. */
const cluster = await connectControlPlane();
const { acmeDev, asAcme } = await createTenants(cluster, 'events');
const tenantgate = await startTenantgate(cluster, { mode: 'audit', args: ['--events', 'on'] });
t.teardown(() => tenantgate.stop());

async function namesIn(namespace: string): Promise<readonly string[]> {
  return (await violationEvents(cluster, namespace)).map(({ regarding }) => regarding.name);
}

const open = networkPolicy(acmeDev, 'open', {
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ namespaceSelector: {} }] }],
});
const wide = networkPolicy(acmeDev, 'wide', {
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ namespaceSelector: {} }] }],
});

t.test('what is applied twenty times has one Event with its count, and dry runs have none', async (t) => {
  for (let time = 0; time < 20; time += 1) {
    expectSuccess(await cluster.apply([wide], { ...asAcme, dryRun: true }));
    expectSuccess(await cluster.apply([open], asAcme));
    // What is there already would be let pass.
    expectSuccess(await cluster.kubectl(['delete', 'networkpolicy', 'open', '-n', acmeDev, '--wait=true']));
  }
  const counted = await waitFor(
    'the count of the Event',
    async () => {
      const [event] = await violationEvents(cluster, acmeDev);
      return event?.series?.count === 20 ? event : undefined;
    },
    { timeoutMs: 120_000 },
  );
  t.match(counted, {
    regarding: { kind: 'NetworkPolicy', name: 'open' },
    type: 'Warning',
    note: /^spec\.ingress\[0\]\.from\[0\].*\[network\/confined-peers\]/,
  });
  t.equal((await violationEvents(cluster, acmeDev)).length, 1, 'one in all');
});

t.test('people see it with kubectl', async (t) => {
  const { stdout } = await cluster.kubectl(['get', 'events', '-n', acmeDev]);
  t.match(stdout, /Warning +PolicyViolation +networkpolicy\/open +spec\.ingress\[0\]/);
});

t.test('each rule and object has its own, and a good object has none', async (t) => {
  expectSuccess(await cluster.apply([wide, pod(acmeDev, 'good')], asAcme));
  expectSuccess(await cluster.apply([pod(acmeDev, 'on-node', { hostNetwork: true })], asAcme));
  await waitFor(
    'the Events',
    async () => {
      const names = await namesIn(acmeDev);
      return names.includes('wide') && names.includes('on-node');
    },
    { timeoutMs: 60_000 },
  );
  t.notOk((await namesIn(acmeDev)).includes('good'));
});

t.test('writes are counted, and none failed', async (t) => {
  const metrics = await tenantgate.metrics();
  t.match(metrics, /tenantgate_events_total\{result="written"\} [1-9]/);
  t.notMatch(metrics, /tenantgate_events_total\{result="failed"\}/);
  t.match(
    metrics,
    /tenantgate_would_be_denials_total\{rule="network\/confined-peers",mode="audit",reason="violated",kind="[^"]*NetworkPolicy",operation="CREATE",dry_run="true"\} 20/,
  );
});
