import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

import t from 'tap';

import type { AuditReport } from '../../src/audit/audit-report.ts';
import { openClusterAudit, type ClusterAudit } from '../../src/cli/cluster-audit.ts';
import { createObjectReader } from '../../src/policy/objects/read-object.ts';
import { fakeOperationLog } from '../support/fake-admission-service.ts';
import { documentOf, shippedDocuments, shippedPolicySet } from '../support/shipped-policies.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy } from './manifests.ts';
import { connectControlPlane } from './session.ts';
import { createTenants } from './tenants.ts';
import { waitFor } from './wait-for.ts';

/** Two servers audit a real cluster: one of them does, follows what changes, and hands over when it goes. */
const cluster = await connectControlPlane();
const { acmeDev } = await createTenants(cluster, 'serve-audit');
const namespace = 'tenantgate-system';
const lease = { namespace, name: 'serve-audit' };
expectSuccess(
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }], { serverSide: true }),
);
const within = { timeoutMs: 60_000 };

interface Auditor {
  readonly audit: ClusterAudit;
  readonly log: ReturnType<typeof fakeOperationLog>;
  readonly audits: string[];
  readonly detections: number[];
  readonly repairs: number[];
}

async function startAuditor(): Promise<Auditor> {
  const log = fakeOperationLog();
  const [audits, detections, repairs] = [[] as string[], [] as number[], [] as number[]];
  const policySet = shippedPolicySet();
  const documents = [...shippedDocuments().values()].map((value) => documentOf(value));
  const audit = await openClusterAudit({
    address: { kubeconfig: cluster.kubeconfig },
    config: { intervalMs: 3_600_000, lease, reports: 'none', pagePort: undefined },
    policySet: () => policySet,
    policyDocuments: () => documents,
    read: createObjectReader(),
    observer: {
      countAudit: (outcome) => audits.push(outcome),
      observeDetection: (_severity, seconds) => detections.push(seconds),
      observeRepair: (_severity, seconds) => repairs.push(seconds),
    },
    log,
    now: () => new Date(),
    timing: { settleMs: 100, shortestIntervalMs: 1_000 },
  });
  audit.start();
  return { audit, log, audits, detections, repairs };
}

const first = await startAuditor();
t.teardown(() => first.audit.stop());

/** What is wrong with one policy, as the last audit found it; undefined before there is a report. */
function violationsOf({ audit }: Auditor, name: string): AuditReport['results'] | undefined {
  return audit.state.report?.results.filter(
    ({ object, severity }) => object.namespace === acmeDev && object.name === name && severity === 'critical',
  );
}

const open = networkPolicy(acmeDev, 'open', {
  policyTypes: ['Ingress'],
  ingress: [{ from: [{ namespaceSelector: {} }] }],
});
const closed = networkPolicy(acmeDev, 'open', { policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] });

t.test('the one that leads audits everything, and tells', async (t) => {
  await waitFor('the first report', () => Promise.resolve(first.audit.state.report !== undefined), within);
  const { report, isLeader, durationSeconds } = first.audit.state;
  t.equal(isLeader, true);
  t.ok(durationSeconds !== undefined && durationSeconds > 0);
  t.ok(report?.posture.tenants.some(({ tenant }) => tenant === 'acme'));
  const listing = report?.scan.listings.find(({ resource }) => resource === 'networkpolicies.networking.k8s.io');
  t.match(listing, { state: 'read' });
  t.match(first.log.lines, [{ message: 'this server audits' }]);
  t.equal(first.audits.length, 1);
  const get = ['get', 'lease', lease.name, `--namespace=${namespace}`, '--output=jsonpath={.spec.holderIdentity}'];
  t.match(expectSuccess(await cluster.kubectl(get)), hostname());
});

t.test('a drift is found as it happens, and so is its repair; both are timed', async (t) => {
  // Until every collection is followed, only an audit of everything would see it.
  await waitFor(
    'the drift to be found',
    async () => {
      expectSuccess(await cluster.apply([open]));
      await delay(500);
      return (violationsOf(first, 'open') ?? []).length > 0;
    },
    within,
  );
  const [violation] = violationsOf(first, 'open') ?? [];
  t.match(violation, { rule: 'network/confined-peers', writer: 'any', tenant: 'acme' });
  t.ok(violation?.since !== undefined && violation.object.writtenAt !== undefined);
  t.ok(first.detections.length > 0, 'the time to its detection is known');
  expectSuccess(await cluster.apply([closed]));
  await waitFor('the repair to be found', () => Promise.resolve(violationsOf(first, 'open')?.length === 0), within);
  t.ok(first.repairs.length > 0, 'and the time to its repair');
  t.equal(first.audits.length, 1, 'all without another audit of everything');
});

t.test('another server waits, and takes over when the first goes', async (t) => {
  const second = await startAuditor();
  t.teardown(() => second.audit.stop());
  await waitFor(
    'the second to see who leads',
    () => Promise.resolve(second.log.lines.some(({ message }) => message === 'another server audits')),
    within,
  );
  t.equal(second.audit.state.isLeader, false);
  t.equal(second.audit.state.report, undefined);
  await first.audit.stop();
  t.equal(first.audit.state.isLeader, false);
  t.equal(first.audit.state.report, undefined, 'what it found is another’s to tell now');
  await waitFor('the second to audit', () => Promise.resolve(second.audit.state.report !== undefined), within);
  t.equal(second.audit.state.isLeader, true);
});
