import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import t from 'tap';

import { allInPlace, auditTourOn, reportIn, statesOf, tourTenants } from './audit-tour.ts';
import { issueCertificate } from './certificates.ts';
import { clientCertificate, kubeconfig } from './credentials.ts';
import { expectSuccess } from './kubectl.ts';
import { connectControlPlane } from './session.ts';

/** The tour of the README on a real API server: seed, audit, repair, audit again. Nothing is registered meanwhile. */
const cluster = await connectControlPlane();
const root = join(import.meta.dirname, '../..');
const { step, audit } = auditTourOn(cluster);
const folder = await mkdtemp(join(tmpdir(), 'tenantgate-audit-'));
t.teardown(() => rm(folder, { recursive: true }));

/** A kubeconfig of somebody who has one ClusterRole and nothing else. */
async function userWith(name: string, role: object): Promise<string> {
  const clusterRole = { ...role, metadata: { name } };
  const binding = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name }],
  };
  expectSuccess(await cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [clusterRole, binding] })));
  const file = join(folder, `${name}.kubeconfig`);
  const certificate = await issueCertificate(cluster.ca, { commonName: name, usages: ['client'] });
  await writeFile(file, kubeconfig(cluster.server, cluster.ca, clientCertificate(certificate)), { mode: 0o600 });
  return file;
}

const before = join(folder, 'before.json');

await step('seed');
t.teardown(() => step('remove'));

t.test('the table tells who is as he should be, and who is not', async (t) => {
  const { stdout, stderr, code } = await audit([...tourTenants, '--save', before]);
  t.equal(stderr, '', 'no progress where nobody looks');
  t.equal(code, 1);
  t.match(stdout, /^aurora +ok +ok +ok +ok +ok +ok +ok$/m);
  t.match(stdout, /^borealis +ok +ok +drifted +ok +ok +drifted +ok$/m);
  t.match(stdout, /^cumulus +ok +ok +missing +missing +missing +ok +ok$/m);
  t.match(stdout, /^ {2}DaemonSet debug\n {4}critical {2}pods\/host-network {2}spec\.template\.spec\.hostNetwork/m);
  t.match(stdout, /^TO CONFIRM: WRONG ONLY IF A TENANT WROTE IT$/m);
  t.match(stdout, / 0 unknown\nHow to mend each: --output wide\n$/);
});

t.test('the same as JSON, and one tenant alone', async (t) => {
  const report = reportIn(await readFile(before, 'utf8'));
  t.same(statesOf(report, 'aurora'), allInPlace);
  t.match(statesOf(report, 'borealis'), { 'pod-security': 'drifted', 'network-flows': 'drifted', quota: 'in-place' });
  t.same(report.unknown, []);
  t.equal(report.scan.source, cluster.server);
  const aurora = await audit(['--tenant', 'aurora', '--output', 'json']);
  t.equal(aurora.code, 0, 'what is wrong elsewhere is not aurora’s');
  t.same(reportIn(aurora.stdout).results, []);
  t.equal((await audit(['--tenant', 'aurorra'])).code, 2);
});

t.test('a repair turns the posture green, and the comparison tells what is fixed', async (t) => {
  await step('repair');
  const { stdout, code } = await audit([...tourTenants, '--since', before, '--output', 'json']);
  const report = reportIn(stdout);
  t.same(statesOf(report, 'borealis'), allInPlace);
  const fixed = report.fixed?.map(({ rule }) => rule) ?? [];
  for (const rule of ['network/confined-peers', 'pods/host-network', 'services/no-external-ips'])
    t.ok(fixed.includes(rule), rule);
  t.same(new Set(report.results.map(({ tenant }) => tenant)), new Set(['cumulus']));
  const { startedAt } = reportIn(await readFile(before, 'utf8')).scan;
  for (const { since } of report.results) t.equal(since, startedAt, 'what is left is as old as it is');
  t.equal(code, 1, 'cumulus is as it was');
  t.equal((await audit(['--tenant', 'borealis'])).code, 0);
  const table = await audit([...tourTenants, '--since', before]);
  t.match(table.stdout, /^Since the audit of .*: 0 new, [1-9]\d* fixed, [1-9]\d* unchanged$/m);
});

t.test('the documented ClusterRole is enough', async (t) => {
  const text = expectSuccess(
    await cluster.kubectl(['create', '--dry-run=client', '-o', 'json', '-f', join(root, 'examples/audit-role.yaml')]),
  );
  const role = JSON.parse(text) as { readonly rules: readonly { readonly resources: readonly string[] }[] };
  const without = role.rules.map((rule) => ({
    ...rule,
    resources: rule.resources.filter((resource) => resource !== 'services'),
  }));
  const files = [
    await userWith('tour-auditor', role),
    await userWith('tour-blind', { ...role, rules: without }),
  ] as const;
  const everything = await audit(['--output', 'json']);
  const asAuditor = await audit(['--output', 'json'], files[0]);
  const whole = reportIn(everything.stdout);
  const seen = reportIn(asAuditor.stdout);
  t.equal(asAuditor.code, everything.code);
  t.same(
    seen.scan.listings.filter(({ state }) => state === 'forbidden'),
    [],
  );
  t.same(seen.unknown, whole.unknown);
  t.same(seen.results, whole.results);

  const file = files[1];
  const { stdout, code } = await audit([...tourTenants, '--since', before, '--output', 'json'], file);
  const blind = reportIn(stdout);
  t.equal(code, 2, 'wins over violations');
  t.match(
    blind.unknown.filter(({ resource }) => resource === 'services'),
    [{ resource: 'services', message: /list/ }],
  );
  t.same(
    blind.scan.listings.find(({ resource }) => resource === 'services'),
    { resource: 'services', state: 'forbidden', objects: 0, judged: 0 },
  );
  t.notOk(
    blind.fixed?.some(({ object }) => object.kind === 'Service'),
    'what is not seen is not fixed',
  );
  t.equal(statesOf(blind, 'aurora')['network-flows'], 'unknown');
  const table = await audit(tourTenants, file);
  t.equal(table.code, 2);
  t.match(table.stdout, /^UNKNOWN\nservices: /m);
});
