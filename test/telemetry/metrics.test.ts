import { test } from 'tap';

import type { Drift, DriftCode } from '../../src/admission/registration/registration-drift.ts';
import type { RegistrationState } from '../../src/admission/registration/registration-watch.ts';
import type { MetricSources } from '../../src/telemetry/exposition.ts';
import { metricDefinitions } from '../../src/telemetry/metric-definitions.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { auditReport } from './audit-report.ts';
import { decisionRecord } from './decision-record.ts';

function subject(sources: Partial<MetricSources> = {}) {
  return createMetrics({
    knownKinds: ['Pod', 'networking.k8s.io/NetworkPolicy'],
    sources: {
      certificateExpiry: () => undefined,
      policyHash: () => undefined,
      cachedNamespaces: () => undefined,
      isReady: () => false,
      droppedLogLines: () => 0,
      registration: () => undefined,
      audit: () => undefined,
      ...sources,
    },
  });
}

/** What a scrape shows of the last audit, in this order. */
const auditMetrics = [
  metricDefinitions.auditLeader,
  metricDefinitions.auditLastComplete,
  metricDefinitions.auditDuration,
  metricDefinitions.auditObjects,
  metricDefinitions.auditViolations,
  metricDefinitions.auditToConfirm,
  metricDefinitions.auditUnknown,
  metricDefinitions.posture,
];

/** The samples of a metric: lines that are no comments. */
function samples(text: string, name: string): readonly string[] {
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
}

void test('decisions are counted by path, outcome, kind, operation, mode and dry run', async (t) => {
  const metrics = subject();
  metrics.observe(decisionRecord());
  metrics.observe(decisionRecord());
  metrics.observe(decisionRecord({ path: 'mutate', kind: 'v1/Pod', outcome: 'denied', dryRun: true, mode: 'audit' }));
  t.same(samples(await metrics.render(), 'tenantgate_admission_decisions_total'), [
    'tenantgate_admission_decisions_total{path="validate",outcome="allowed",kind="networking.k8s.io/NetworkPolicy",operation="CREATE",mode="enforce",dry_run="false"} 2',
    'tenantgate_admission_decisions_total{path="mutate",outcome="denied",kind="Pod",operation="CREATE",mode="audit",dry_run="true"} 1',
  ]);
});

void test('counts go on between scrapes and are not counted twice', async (t) => {
  const metrics = subject();
  metrics.observe(decisionRecord());
  await metrics.render();
  metrics.observe(decisionRecord());
  await metrics.render();
  t.match(samples(await metrics.render(), 'tenantgate_admission_decisions_total'), [/ 2$/]);
});

void test('violations are counted by rule in every mode, denied or not', async (t) => {
  const metrics = subject();
  const violations = [
    { rule: 'confined-peers', mode: 'enforce' },
    { rule: 'host-network', mode: 'audit' },
  ] as const;
  metrics.observe(decisionRecord({ violations }));
  t.same(samples(await metrics.render(), 'tenantgate_rule_violations_total'), [
    'tenantgate_rule_violations_total{rule="confined-peers",mode="enforce",kind="networking.k8s.io/NetworkPolicy",operation="CREATE",dry_run="false"} 1',
    'tenantgate_rule_violations_total{rule="host-network",mode="audit",kind="networking.k8s.io/NetworkPolicy",operation="CREATE",dry_run="false"} 1',
  ]);
});

void test('kinds, operations and reasons that nobody knows do not make new series', async (t) => {
  const metrics = subject();
  for (let index = 0; index < 2_000; index += 1) {
    metrics.observe(decisionRecord({ kind: `x${index}.example.com/v1/Thing`, operation: `OP${index}` }));
    metrics.countFault(`reason-${index}`);
  }
  metrics.observe(decisionRecord({ kind: 'example.com/v1/Pod', operation: 'OTHER' }));
  metrics.observe(decisionRecord({ kind: 'networking.k8s.io/v9/NetworkPolicy' }));
  const text = await metrics.render();
  t.match(samples(text, 'tenantgate_admission_decisions_total'), [
    /kind="other",operation="other".* 2001$/,
    /kind="networking.k8s.io\/NetworkPolicy".* 1$/,
  ]);
  t.equal(samples(text, 'tenantgate_bad_requests_total').length, 65);
});

void test('durations fall into cumulated buckets, among them the first of the API server', async (t) => {
  const metrics = subject();
  for (const durationUs of [40, 50, 4_000, 5_000_000]) metrics.observe(decisionRecord({ durationUs }));
  const text = await metrics.render();
  const buckets = samples(text, 'tenantgate_admission_duration_seconds_bucket').filter((line) =>
    line.includes('validate'),
  );
  const counts = new Map(buckets.map((line) => [/le="([^"]+)"/.exec(line)?.[1], Number(line.split(' ').at(-1))]));
  t.equal(counts.get('0.00005'), 2);
  t.equal(counts.get('0.0025'), 2);
  t.equal(counts.get('0.005'), 3);
  t.equal(counts.get('1'), 3);
  t.equal(counts.get('+Inf'), 4);
  t.match(text, /tenantgate_admission_duration_seconds_sum\{path="validate"\} 5\.00409\n/);
  t.match(text, /tenantgate_admission_duration_seconds_count\{path="validate"\} 4\n/);
  t.match(text, /tenantgate_admission_duration_seconds_count\{path="mutate"\} 0\n/);
});

void test('faults are told apart: shed, internal, and bad requests by reason', async (t) => {
  const metrics = subject();
  for (const kind of ['request-shed', 'internal-error', 'not-json', 'not-json', 'media-type']) metrics.countFault(kind);
  const text = await metrics.render();
  t.same(samples(text, 'tenantgate_requests_shed_total'), ['tenantgate_requests_shed_total 1']);
  t.same(samples(text, 'tenantgate_internal_errors_total'), ['tenantgate_internal_errors_total 1']);
  t.same(samples(text, 'tenantgate_bad_requests_total'), [
    'tenantgate_bad_requests_total{reason="not-json"} 2',
    'tenantgate_bad_requests_total{reason="media-type"} 1',
  ]);
});

void test('what is unknown has no sample; counters without labels start at zero', async (t) => {
  const text = await subject().render();
  t.same(samples(text, 'tenantgate_certificate_expiry_timestamp_seconds'), []);
  t.same(samples(text, 'tenantgate_policy_info'), []);
  t.same(samples(text, 'tenantgate_cached_namespaces'), []);
  t.same(samples(text, 'tenantgate_ready'), ['tenantgate_ready 0']);
  t.same(samples(text, 'tenantgate_requests_shed_total'), ['tenantgate_requests_shed_total 0']);
});

void test('states are read when they are scraped, and an old policy hash does not linger', async (t) => {
  let hash = 'one';
  const metrics = subject({
    certificateExpiry: () => new Date('2030-01-01T00:00:00Z'),
    policyHash: () => hash,
    cachedNamespaces: () => 5_000,
    isReady: () => true,
    droppedLogLines: () => 3,
  });
  metrics.countCertificateReload('success');
  metrics.countPolicyReload('failure');
  await metrics.render();
  hash = 'two';
  const text = await metrics.render();
  t.same(samples(text, 'tenantgate_policy_info'), ['tenantgate_policy_info{hash="two"} 1']);
  t.same(samples(text, 'tenantgate_certificate_expiry_timestamp_seconds'), [
    'tenantgate_certificate_expiry_timestamp_seconds 1893456000',
  ]);
  t.same(samples(text, 'tenantgate_cached_namespaces'), ['tenantgate_cached_namespaces 5000']);
  t.same(samples(text, 'tenantgate_ready'), ['tenantgate_ready 1']);
  t.same(samples(text, 'tenantgate_log_lines_dropped_total'), ['tenantgate_log_lines_dropped_total 3']);
  t.same(samples(text, 'tenantgate_certificate_reload_total'), [
    'tenantgate_certificate_reload_total{result="success"} 1',
  ]);
  t.same(samples(text, 'tenantgate_policy_reload_total'), ['tenantgate_policy_reload_total{result="failure"} 1']);
});

void test('a drift is a sample while it lasts, and a configuration that is not known has none', async (t) => {
  const [validating, mutating] = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;
  const drift = (code: DriftCode): Drift => ({
    code,
    configuration: validating,
    name: 'tenantgate',
    webhook: undefined,
    field: '',
    message: '',
    fix: '',
  });
  const stateOf = (drifts: readonly Drift[], problem?: string): RegistrationState => ({
    configurations: [
      { kind: validating, name: 'tenantgate', problem, drifts },
      { kind: mutating, name: 'tenantgate', problem: undefined, drifts: [] },
    ],
    fileProblem: undefined,
  });
  let state: RegistrationState | undefined;
  const metrics = subject({ registration: () => state });
  const scrape = async () => {
    const text = await metrics.render();
    return [...samples(text, 'tenantgate_registration_drift'), ...samples(text, 'tenantgate_registration_known')];
  };
  t.same(await scrape(), [], 'nobody looks');
  const known = (one: number) => [
    `tenantgate_registration_known{configuration="${validating}"} ${one}`,
    `tenantgate_registration_known{configuration="${mutating}"} 1`,
  ];
  state = stateOf([drift('timeout'), drift('rule-not-covered'), drift('rule-not-covered')]);
  t.same(await scrape(), [
    `tenantgate_registration_drift{configuration="${validating}",code="timeout"} 1`,
    `tenantgate_registration_drift{configuration="${validating}",code="rule-not-covered"} 2`,
    ...known(1),
  ]);
  state = stateOf([], 'forbidden');
  t.same(await scrape(), known(0));
  state = stateOf([]);
  t.same(await scrape(), known(1));
});

void test('the table of definitions and what is scraped are the same, and none is split by tenant', async (t) => {
  const text = await subject().render();
  const scraped = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name, help, type]) => ({
    name,
    help,
    type,
  }));
  const defined = Object.values(metricDefinitions).map(({ name, help, type }) => ({ name, help, type }));
  const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }): number =>
    (a.name ?? '') < (b.name ?? '') ? -1 : 1;
  t.same(scraped.sort(byName), defined.sort(byName));
  for (const { labels } of Object.values(metricDefinitions)) t.notMatch(labels.join(), /tenant|namespace|name|user/);
});

void test('process metrics have plausible values', async (t) => {
  const text = await subject().render();
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes']) {
    t.ok(Number(samples(text, name)[0]?.split(' ')[1]) > 0, name);
  }
  const started = Number(samples(text, 'process_start_time_seconds')[0]?.split(' ')[1]);
  t.ok(Math.abs(Date.now() / 1_000 - started) < 600);
});

void test('a server that does not audit shows nothing of audits', async (t) => {
  const text = await subject().render();
  for (const { name } of auditMetrics) t.same(samples(text, name), [], name);
});

void test('a server that follows another one says so, and nothing else', async (t) => {
  const audit = () => ({ isLeader: false, report: undefined, lastComplete: undefined, durationSeconds: undefined });
  const text = await subject({ audit }).render();
  t.same(samples(text, 'tenantgate_audit_leader'), ['tenantgate_audit_leader 0']);
  for (const { name } of auditMetrics.slice(1)) t.same(samples(text, name), [], name);
});

void test('the last audit shows its violations, what is to confirm, what is unknown, and the posture', async (t) => {
  const audit = () => ({
    isLeader: true,
    report: auditReport(),
    lastComplete: new Date('2026-11-27T12:00:30Z'),
    durationSeconds: 2.5,
  });
  const text = await subject({ audit }).render();
  const shown = auditMetrics.flatMap(({ name }) => samples(text, name));
  t.same(shown, [
    'tenantgate_audit_leader 1',
    'tenantgate_audit_last_complete_timestamp_seconds 1795780830',
    'tenantgate_audit_duration_seconds 2.5',
    'tenantgate_audit_objects 12',
    'tenantgate_audit_violations{rule="network/confined-peers",mode="enforce",tier="tenant"} 2',
    'tenantgate_audit_violations{rule="network/confined-peers",mode="enforce",tier="other"} 1',
    'tenantgate_audit_to_confirm{rule="access/no-escalating-role"} 1',
    'tenantgate_audit_unknown 3',
    'tenantgate_posture{layer="network-enforcement",state="unknown"} 1',
    'tenantgate_posture{layer="quota",state="in-place"} 1',
    'tenantgate_posture{layer="quota",state="missing"} 2',
  ]);
});

void test('audits are counted by outcome, and drift by severity', async (t) => {
  const metrics = subject();
  metrics.countAudit('complete');
  metrics.countAudit('incomplete');
  metrics.countAudit('complete');
  metrics.observeDetection('high', 4);
  metrics.observeDetection('high', 4_000_000);
  metrics.observeRepair('low', 90);
  const text = await metrics.render();
  t.same(samples(text, 'tenantgate_audits_total'), [
    'tenantgate_audits_total{outcome="complete"} 2',
    'tenantgate_audits_total{outcome="incomplete"} 1',
  ]);
  t.same(samples(text, 'tenantgate_drift_detection_seconds_sum'), [
    'tenantgate_drift_detection_seconds_sum{severity="high"} 4000004',
  ]);
  const buckets = samples(text, 'tenantgate_drift_detection_seconds_bucket');
  t.equal(
    buckets.find((line) => line.includes('le="1"')),
    'tenantgate_drift_detection_seconds_bucket{le="1",severity="high"} 0',
  );
  t.equal(
    buckets.find((line) => line.includes('le="5"')),
    'tenantgate_drift_detection_seconds_bucket{le="5",severity="high"} 1',
  );
  t.equal(buckets.at(-1), 'tenantgate_drift_detection_seconds_bucket{le="+Inf",severity="high"} 2');
  t.same(samples(text, 'tenantgate_drift_repair_seconds_count'), [
    'tenantgate_drift_repair_seconds_count{severity="low"} 1',
  ]);
});
