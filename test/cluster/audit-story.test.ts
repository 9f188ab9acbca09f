import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import t from 'tap';

import type { AuditReport, AuditResult } from '../../src/audit/audit-report.ts';
import { isDenied } from './assertions.ts';
import { allInPlace, auditTourOn, reportIn, statesOf, tourTenants } from './audit-tour.ts';
import { freePorts } from './free-ports.ts';
import { httpProbe } from './http-probe.ts';
import { expectSuccess } from './kubectl.ts';
import { networkPolicy, pod, workloads } from './manifests.ts';
import { policyReports } from './policy-reports.ts';
import { installReportCrds, removeReportCrds } from './report-crds.ts';
import { rolloutPolicies } from './rollout-policies.ts';
import { connectControlPlane } from './session.ts';
import { startTenantgate } from './tenantgate.ts';
import { violationEvents } from './violation-events.ts';
import { waitFor } from './wait-for.ts';

/**
 * How a platform team comes from a cluster that nobody watched to one that enforces: it looks, lets Tenantgate watch, warns,
 * enforces and mends. One server lives through all of it, and every step is taken with the program that people take it with.
 */
const cluster = await connectControlPlane();
const tour = auditTourOn(cluster);
const folder = t.testdir({ policies: {} });
const policies = rolloutPolicies(join(folder, 'policies'), 'audit');
const before = join(folder, 'before.json');
const within = { timeoutMs: 120_000, intervalMs: 500 };

const crds = await installReportCrds(cluster);
const skip = crds.ok ? false : crds.message;
await tour.step('seed');

const [pagePort] = (await freePorts(1)) as [number];
const everyNamespace = { policyTypes: ['Ingress'], ingress: [{ from: [{ namespaceSelector: {} }] }] };
/** What is advised against warns in every stage. */
const twoPeers = {
  policyTypes: ['Ingress'],
  ingress: [
    {
      from: [
        { namespaceSelector: { matchLabels: { 'tenantgate.dev/tenant': 'aurora' } } },
        { podSelector: { matchLabels: { app: 'web' } } },
      ],
    },
  ],
};
const tenantgate = await startTenantgate(cluster, {
  args: [
    ...['--policies', policies.folder, '--events', 'on'],
    ...['--audit-interval-minutes', '1', '--audit-lease', 'tenantgate-system/audit-story'],
    ...['--audit-page-port', String(pagePort), '--audit-reports', crds.ok ? 'policy-report' : 'none'],
  ],
  probes: [
    {
      object: networkPolicy('aurora-prod', 'probe', twoPeers),
      until: ({ stderr }) => stderr.includes('[network/or-instead-of-and]'),
    },
  ],
});
t.teardown(async () => {
  await tenantgate.stop();
  await tour.step('remove');
  await removeReportCrds(cluster);
});

/** Aurora deploys to production as this account, which the platform gave the role `edit` there. */
const asAurora = {
  as: 'system:serviceaccount:aurora-dev:deployer',
  asGroups: ['system:serviceaccounts', 'system:serviceaccounts:aurora-dev', 'system:authenticated'],
};
const open = networkPolicy('aurora-prod', 'open', everyNamespace);
const onNodes = workloads('aurora-prod', { hostNetwork: true }).find(
  ({ object }) => object.kind === 'Deployment',
)!.object;
const debugPod = pod('borealis-prod', 'debug', { hostNetwork: true });
const debugPolicy = networkPolicy('borealis-prod', 'debug', everyNamespace);

/** What is wrong with them. */
const bad = [
  { namespace: 'aurora-prod', rule: 'network/confined-peers', object: 'NetworkPolicy/open' },
  { namespace: 'aurora-prod', rule: 'pods/host-network', object: 'Deployment/w-deployment' },
  { namespace: 'borealis-prod', rule: 'network/confined-peers', object: 'NetworkPolicy/debug' },
  { namespace: 'borealis-prod', rule: 'pods/host-network', object: 'Pod/debug' },
] as const;

/** The last report of the server, as it shows it to operators; undefined before there is one. */
async function shownReport(): Promise<AuditReport | undefined> {
  const answer = await httpProbe(`http://127.0.0.1:${pagePort}/report.json`);
  return answer?.status === 200 ? reportIn(answer.body) : undefined;
}

/** What a PolicyReport tells of a namespace, in the words of {@link told}. */
async function storedFindings(namespace: string): Promise<readonly string[]> {
  const results = (await policyReports(cluster, namespace)).flatMap((report) => report.results);
  return results.map(({ rule, resources, message }) => `${rule} ${nameOf(resources[0]!)} ${message}`).sort();
}

function told(results: readonly AuditResult[], namespace: string): readonly string[] {
  return results
    .filter(({ object }) => (object.kind === 'Namespace' ? object.name : object.namespace) === namespace)
    .map(({ rule, object, field, message }) => `${rule} ${nameOf(object)} ${field}: ${message}`)
    .sort();
}

function isToldOf(
  { namespace, rule, object }: (typeof bad)[number],
  { results }: Pick<AuditReport, 'results'>,
): boolean {
  return told(results, namespace).some((one) => one.startsWith(`${rule} ${object} spec.`));
}

function nameOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}/${name}`;
}

/** The sum of all series of a metric that begin like this. */
async function metric(series: string): Promise<number> {
  const lines = (await tenantgate.metrics()).split('\n').filter((line) => line.startsWith(series));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}

const repairs = () => metric('tenantgate_drift_repair_seconds_count{severity="critical"}');
const driftedFlows = () => metric('tenantgate_posture{layer="network-flows",state="drifted"}');

/** Lets the running server take the policies over in another mode. */
async function switchTo(mode: 'warn' | 'enforce'): Promise<void> {
  const reloads = () => metric('tenantgate_policy_reload_total{result="success"}');
  const earlier = await reloads();
  policies.switchTo(mode);
  await waitFor('the policies to be taken over', async () => (await reloads()) > earlier, within);
}

const audit = (...args: readonly string[]) => tour.audit([...tourTenants, '--policies', policies.folder, ...args]);

t.test('what was there before is found, by command and server alike', async (t) => {
  const { stdout, code } = await audit('--save', before);
  t.equal(code, 1);
  t.match(stdout, /^borealis +ok +ok +drifted +ok +ok +drifted +ok$/m);
  const report = await waitFor('the first report', shownReport, within);
  const saved = reportIn(await readFile(before, 'utf8'));
  for (const tenant of ['aurora', 'borealis', 'cumulus']) t.same(statesOf(report, tenant), statesOf(saved, tenant));
  t.same(statesOf(report, 'aurora'), allInPlace);
  t.match(statesOf(report, 'borealis'), { 'pod-security': 'drifted', 'network-flows': 'drifted' });
  t.match(statesOf(report, 'cumulus'), { quota: 'missing', 'network-isolation': 'missing' });
});

t.test('its PolicyReports are in the namespaces that need one', { skip }, async (t) => {
  const saved = reportIn(await readFile(before, 'utf8'));
  await waitFor('the PolicyReport', async () => (await policyReports(cluster, 'cumulus-dev')).length > 0, within);
  for (const namespace of ['borealis-prod', 'cumulus-dev'])
    t.same(await storedFindings(namespace), told(saved.results, namespace));
  for (const namespace of ['aurora-dev', 'aurora-prod', 'kube-system'])
    t.same(await policyReports(cluster, namespace), [], namespace);
});

t.test('in mode audit bad objects are admitted without a word, and Events tell of them', async (t) => {
  const applied = await cluster.apply([open], asAurora);
  t.same([applied.code, applied.stderr], [0, '']);
  const others = [await cluster.apply([onNodes], asAurora), await cluster.apply([debugPod, debugPolicy])];
  for (const { code, stderr } of others) {
    t.equal(code, 0, stderr);
    t.notMatch(stderr, /\[(?:pods\/host-network|network\/confined-peers)\]/, 'Pod Security and advice warn, no more');
  }
  for (const { namespace, rule, object } of bad)
    await waitFor(
      `the Event of ${rule} and ${object}`,
      async () =>
        (await violationEvents(cluster, namespace)).find(
          ({ regarding, note, type }) =>
            type === 'Warning' && nameOf(regarding) === object && note.endsWith(`[${rule}]`),
        ),
      within,
    );
  const { stdout } = await cluster.kubectl(['get', 'events', '-n', 'aurora-prod']);
  t.match(stdout, /Warning +PolicyViolation +networkpolicy\/open +spec\.ingress\[0\]/);
});

t.test('the server’s audit finds the drift, and times it', async (t) => {
  const report = await waitFor(
    'the drift to be found',
    async () => {
      const shown = await shownReport();
      return shown !== undefined && bad.every((one) => isToldOf(one, shown)) ? shown : undefined;
    },
    within,
  );
  t.match(statesOf(report, 'aurora'), { 'network-flows': 'drifted', quota: 'in-place' });
  t.match(await tenantgate.metrics(), /^tenantgate_audit_violations\{rule="network\/confined-peers",mode="audit",/m);
  const detections = await metric('tenantgate_drift_detection_seconds_count{severity="critical"}');
  t.ok(detections >= bad.length, `${detections} detections were timed`);
});

t.test('table, JSON, page and PolicyReports say the same', async (t) => {
  const json = await audit('--output', 'json');
  t.equal(json.code, 1);
  const { results, unknown } = reportIn(json.stdout);
  t.same(unknown, []);
  for (const one of bad) t.ok(isToldOf(one, { results }), `${one.rule} ${one.object}`);

  const table = await audit();
  t.equal(table.code, 1);
  t.match(table.stdout, /^aurora +ok +ok +(?:ok|drifted) +ok +ok +drifted +ok$/m);
  t.match(table.stdout, /^ {2}NetworkPolicy open\n {4}critical \(audit\) {2}network\/confined-peers/m);
  t.match(table.stdout, /^ {2}Pod debug\n {4}critical \(audit\) {2}pods\/host-network/m);

  const page = await audit('--output', 'html');
  t.equal(page.code, 1);
  const data = JSON.parse(/<script type="application\/json"[^>]*>(.*?)<\/script>/s.exec(page.stdout)?.[1] ?? '') as {
    readonly report: AuditReport;
  };
  t.same(data.report.results, results);

  for (const namespace of ['aurora-prod', 'borealis-prod', 'cumulus-dev']) {
    await t.test(`the PolicyReport of ${namespace}`, { skip }, async (t) => {
      const wanted = told(results, namespace);
      const isSame = async () => JSON.stringify(await storedFindings(namespace)) === JSON.stringify(wanted);
      await waitFor('it to be written', isSame, within).catch(() => undefined);
      t.same(await storedFindings(namespace), wanted);
    });
  }
});

t.test('in mode warn whoever applies a bad object reads why', async (t) => {
  await switchTo('warn');
  const { code, stderr } = await cluster.apply([networkPolicy('aurora-prod', 'wide', everyNamespace)], asAurora);
  t.equal(code, 0);
  t.match(
    stderr,
    /^Warning: .*spec\.ingress\[0\]\.from\[0\]\.namespaceSelector: \{\} lets in .*\[network\/confined-peers\]/m,
  );
});

t.test('enforced: the next one is denied, and what is there already is let be', async (t) => {
  await switchTo('enforce');
  const next = networkPolicy('aurora-prod', 'wider', everyNamespace);
  isDenied(t, await cluster.apply([next], asAurora), 'spec.ingress[0].from[0]', '[network/confined-peers]');
  const again = { ...debugPod, metadata: { ...debugPod.metadata, name: 'debug-again' } };
  isDenied(t, await cluster.apply([again]), 'spec.hostNetwork', '[pods/host-network]');
  expectSuccess(await cluster.apply([{ ...open, metadata: { ...open.metadata, labels: { seen: 'yes' } } }], asAurora));
  const own = networkPolicy('aurora-prod', 'own', {
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: {} }] }],
  });
  expectSuccess(await cluster.apply([own], asAurora));
});

t.test('the repair turns the posture green, and its time is told', async (t) => {
  const [earlierRepairs, earlierFlows] = [await repairs(), await driftedFlows()];
  const broken = (await shownReport())!.results.filter(
    ({ tenant, severity, writer }) =>
      ['aurora', 'borealis'].includes(tenant ?? '') && severity === 'critical' && writer === 'any',
  );
  t.ok(broken.length > bad.length, 'those of the seed and of this file');
  await tour.step('repair');
  const remove = ['delete', '--wait=true', '-n'];
  expectSuccess(await cluster.kubectl([...remove, 'borealis-prod', 'pod/debug', 'networkpolicy/debug']));
  const added = ['deployment/w-deployment', 'networkpolicy/open', 'networkpolicy/wide'];
  expectSuccess(await cluster.kubectl([...remove, 'aurora-prod', ...added], asAurora));
  await waitFor(
    'the server to find both tenants as they should be',
    async () => {
      const report = await shownReport();
      const wanted = JSON.stringify(allInPlace);
      return ['aurora', 'borealis'].every(
        (tenant) => report !== undefined && JSON.stringify(statesOf(report, tenant)) === wanted,
      );
    },
    within,
  );
  await waitFor('the repairs to be counted', async () => (await repairs()) >= earlierRepairs + broken.length, within);
  t.equal(earlierFlows - (await driftedFlows()), 2, 'aurora-prod and borealis-prod');
  t.match(statesOf((await shownReport())!, 'cumulus'), { quota: 'missing', 'network-isolation': 'missing' });
});

t.test('its results vanish from the PolicyReports, and those of others stay', { skip }, async (t) => {
  await waitFor(
    'the reports to go',
    async () => [...(await storedFindings('aurora-prod')), ...(await storedFindings('borealis-prod'))].length === 0,
    within,
  );
  for (const namespace of ['aurora-prod', 'borealis-prod']) t.same(await policyReports(cluster, namespace), []);
  t.equal((await policyReports(cluster, 'cumulus-dev')).length, 1);
});

t.test('the command says the same, and what is fixed since the first look', async (t) => {
  const { stdout, code } = await audit('--since', before, '--output', 'json');
  const report = reportIn(stdout);
  t.equal(code, 1, 'cumulus is as it was');
  t.same(statesOf(report, 'aurora'), allInPlace);
  t.same(statesOf(report, 'borealis'), allInPlace);
  t.same(new Set(report.results.map(({ tenant }) => tenant)), new Set(['cumulus']));
  const fixed = report.fixed?.map(({ rule }) => rule) ?? [];
  for (const rule of ['network/confined-peers', 'pods/host-network', 'services/no-external-ips'])
    t.ok(fixed.includes(rule), rule);
  const mended = ['aurora', 'borealis'].flatMap((tenant) => ['--tenant', tenant]);
  t.equal((await tour.audit([...mended, '--policies', policies.folder])).code, 0);
});
