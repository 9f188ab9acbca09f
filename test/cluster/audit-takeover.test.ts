import t from 'tap';

import { startServing, type ServingProcess } from '../e2e/tenantgate-process.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy } from './manifests.ts';
import { policyReports } from './policy-reports.ts';
import { installReportCrds, removeReportCrds } from './report-crds.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { waitFor } from './wait-for.ts';

/** Two servers that audit a real cluster and keep reports in it: first there is no place for reports, then the leader is killed. */
const cluster = await connectControlPlane();
await removeReportCrds(cluster);
const { acmeDev } = await createTenants(cluster, 'takeover');
const lease = 'takeover';
const within = { timeoutMs: 150_000, intervalMs: 500 };

const servers: ServingProcess[] = [];
t.teardown(async () => {
  await Promise.all(servers.filter((server) => server.isRunning()).map((server) => server.stop()));
  await removeReportCrds(cluster);
});

async function startServer(): Promise<ServingProcess> {
  const server = await startServing([
    ...['--kubeconfig', cluster.kubeconfig, '--drain-seconds', '1', '--audit-interval-minutes', '1'],
    ...['--audit-lease', `${acmeDev}/${lease}`, '--audit-reports', 'policy-report'],
  ]);
  servers.push(server);
  return server;
}

const isLeading = async (server: ServingProcess) => (await server.metric('tenantgate_audit_leader')) === 1;
/** How often a server has said that there is no place for reports. */
const absencesSaidBy = (server: ServingProcess) =>
  server
    .log()
    .filter(
      ({ msg, problem }) => msg === 'reports' && /not serve policyreports .*install their CRDs$/.test(String(problem)),
    ).length;
const leaseField = async (path: string) =>
  expectSuccess(await cluster.kubectl(['get', 'lease', lease, '-n', acmeDev, '-o', `jsonpath={${path}}`]));

async function openTheNetwork(name: string): Promise<void> {
  const everyNamespace = { policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] };
  expectSuccess(await cluster.apply([networkPolicy(acmeDev, name, everyNamespace)]));
}

/** The policies that reports of the namespace name as open, as often as they do. */
async function reported(): Promise<readonly string[]> {
  const results = (await policyReports(cluster, acmeDev)).flatMap((report) => report.results);
  const open = results.filter(({ rule }) => rule === 'network/confined-peers');
  return open.map(({ resources }) => resources[0]!.name).sort();
}

const untilReported = (name: string) =>
  waitFor(`${name} to be reported`, async () => (await reported()).includes(name), within);

const first = await startServer();

t.test('without the CRDs of reports it is said, and audits go on', async () => {
  await waitFor('the first server to say so', () => absencesSaidBy(first) > 0, within);
  await openTheNetwork('first');
  const found = 'tenantgate_drift_detection_seconds_count{severity="critical"}';
  await waitFor('the drift to be found', async () => (await first.metric(found)) > 0, within);
});

t.test('once they are there reports are written, by the server that leads', async (t) => {
  // Not before the first server has said that they are missing.
  const installed = await installReportCrds(cluster);
  if (!installed.ok) throw new Error(installed.message);
  const second = await startServer();
  await waitFor('the second to wait', () => second.log().some(({ msg }) => msg === 'another server audits'), within);
  await openTheNetwork('second');
  await untilReported('second');
  t.same(await reported(), ['first', 'second']);
  t.equal(absencesSaidBy(first), 1, 'once for all audits that found none');
  t.same([await isLeading(first), await isLeading(second)], [true, false]);
});

t.test('the leader is killed: the other takes over, and nothing is reported twice', async (t) => {
  const second = servers[1]!;
  const [before] = await policyReports(cluster, acmeDev);
  const holder = await leaseField('.spec.holderIdentity');
  first.send('SIGKILL');
  t.match(await first.ended, { signal: 'SIGKILL' });
  await openTheNetwork('third');
  await waitFor('the second to lead', () => isLeading(second), within);
  await untilReported('third');
  t.same(await reported(), ['first', 'second', 'third']);
  t.match(await policyReports(cluster, acmeDev), [{ metadata: { name: 'tenantgate', uid: before!.metadata.uid } }]);
  t.equal(await leaseField('.spec.leaseTransitions'), '1');
  t.not(await leaseField('.spec.holderIdentity'), holder);
});
