import { test } from 'tap';

import { buildPolicyReports } from '../../../src/audit/reports/build-policy-reports.ts';
import { reportObject } from '../../../src/audit/reports/report-object.ts';
import { auditOf, auditResult } from './sample-audit.ts';

const clusterRole = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: null, name: 'all' };
const namespace = { apiVersion: 'v1', kind: 'Namespace', namespace: null, name: 'acme-dev' };

test('a violation becomes a result in the report of its namespace, in the words of either API', (t) => {
  const [report] = buildPolicyReports(auditOf([auditResult({ since: '2026-06-01T10:00:00.25Z', copies: 3 })]));
  if (report === undefined) throw new Error('no report');
  const results = [
    {
      source: 'tenantgate',
      policy: 'pods',
      rule: 'pods/host-network',
      category: 'pods',
      severity: 'high',
      result: 'fail',
      scored: true,
      message: 'spec.hostNetwork: is true',
      properties: { mode: 'enforce', field: 'spec.hostNetwork', fix: 'Remove it.', tenant: 'acme', copies: '3' },
      resources: [{ apiVersion: 'v1', kind: 'Pod', namespace: 'acme-dev', name: 'web', uid: '0a1b' }],
      timestamp: { seconds: 1_780_308_000, nanos: 250_000_000 },
    },
  ];
  const common = {
    metadata: {
      name: 'tenantgate',
      namespace: 'acme-dev',
      labels: { 'app.kubernetes.io/managed-by': 'tenantgate' },
    },
    scope: { apiVersion: 'v1', kind: 'Namespace', name: 'acme-dev' },
    summary: { pass: 0, fail: 1, warn: 0, error: 0, skip: 0 },
    results,
  };
  t.same(reportObject(report, 'wgpolicyk8s.io'), {
    apiVersion: 'wgpolicyk8s.io/v1alpha2',
    kind: 'PolicyReport',
    ...common,
  });
  t.same(reportObject(report, 'openreports.io'), {
    apiVersion: 'openreports.io/v1alpha1',
    kind: 'Report',
    source: 'tenantgate',
    ...common,
  });
  t.end();
});

test('what is in no namespace is in the report of the cluster, and a Namespace in its own', (t) => {
  const reports = buildPolicyReports(
    auditOf(
      [auditResult(), auditResult({ object: namespace, field: '' }), auditResult({ object: clusterRole })],
      [{ resource: 'secrets', message: 'forbidden' }],
    ),
  );
  t.same(
    reports.map(({ namespace: name, results }) => [name, results.length]),
    [
      [null, 2],
      ['acme-dev', 2],
    ],
  );
  const [cluster] = reports.map((report) => reportObject(report, 'wgpolicyk8s.io'));
  t.match(cluster, { kind: 'ClusterPolicyReport', summary: { fail: 1, error: 1 } });
  t.equal(cluster?.metadata.namespace, undefined);
  t.equal(cluster?.['scope'], undefined);
  t.match(reports[0] && reportObject(reports[0], 'openreports.io'), { kind: 'ClusterReport' });
  t.match(reports[1]?.results[1], { message: 'is true' });
  t.end();
});

test('each kind of finding has its status', (t) => {
  const exemption = { owner: 'ops', reason: 'until the move', expires: '2026-12-31' };
  const audit = auditOf(
    [
      auditResult(),
      auditResult({ mode: 'audit' }),
      auditResult({ mode: 'warn' }),
      auditResult({ writer: 'tenant' }),
      auditResult({ exemption }),
    ],
    [{ object: auditResult().object, rule: 'quota/quota-present', message: 'no right to list' }],
  );
  const [report] = buildPolicyReports(audit);
  t.same(
    report?.results.map(({ status, isScored }) => [status, isScored]),
    [
      ['fail', true],
      ['fail', true],
      ['warn', false],
      ['warn', false],
      ['skip', false],
      ['error', false],
    ],
  );
  t.same(report?.summary, { pass: 0, fail: 2, warn: 2, error: 1, skip: 1 });
  t.match(report?.results[3]?.properties, { writer: /^to confirm/ });
  t.match(report?.results[4]?.properties, { exemption: 'until 2026-12-31 (ops): until the move' });
  t.match(report?.results[5], { category: 'quota', message: 'could not be judged: no right to list' });
  t.end();
});

test('a report is bounded, and says what it leaves out', (t) => {
  const many = auditOf(
    Array.from({ length: 10_000 }, (_, index) => auditResult({ message: `${index} 💥`.repeat(500) })),
  );
  const [report] = buildPolicyReports(many);
  if (report === undefined) throw new Error('no report');
  for (const api of ['wgpolicyk8s.io', 'openreports.io'] as const)
    t.ok(Buffer.byteLength(JSON.stringify(reportObject(report, api))) < 600 * 1024);
  t.equal(report.summary.fail, 10_000);
  const left = 10_000 - (report.results.length - 1);
  t.match(report.results.at(-1), { status: 'skip', message: new RegExp(`^${left} more do not fit`) });
  t.match(report.results[0], { message: /^spec\.hostNetwork: 0 💥/ }, 'the first, which are the worst, are kept');
  const [few] = buildPolicyReports(auditOf([auditResult(), auditResult()]), { mostResults: 1, mostBytes: 10_000 });
  t.equal(few?.results.length, 2);
  t.end();
});

test('texts are cut between characters, and a time that is none is left out', (t) => {
  const [report] = buildPolicyReports(auditOf([auditResult({ fix: `${'x'.repeat(498)}💥y`, since: 'soon' })]));
  t.equal(report?.results[0]?.properties['fix'], `${'x'.repeat(498)}…`);
  const [result] = report === undefined ? [] : (reportObject(report, 'wgpolicyk8s.io')['results'] as readonly object[]);
  t.notOk('timestamp' in (result ?? {}));
  t.end();
});

test('the same findings give the same reports, whenever the audit ran', (t) => {
  const first = auditOf([auditResult(), auditResult({ object: clusterRole })]);
  const later = {
    ...first,
    scan: { ...first.scan, startedAt: '2027-01-01T00:00:00Z', finishedAt: '2027-01-01T00:00:09Z' },
  };
  t.same(buildPolicyReports(first), buildPolicyReports(later));
  t.same(buildPolicyReports(auditOf([])), [], 'where nothing was found there is none');
  t.end();
});
