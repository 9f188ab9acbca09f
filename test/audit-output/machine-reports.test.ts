import t, { test } from 'tap';
import { parse } from 'yaml';

import { junitReport } from '../../src/audit-output/junit-report.ts';
import { sarifReport } from '../../src/audit-output/sarif-report.ts';
import { wideReport } from '../../src/audit-output/wide-report.ts';
import { yamlReport } from '../../src/audit-output/yaml-report.ts';
import type { AuditReport } from '../../src/audit/audit-report.ts';
import { compareAudits } from '../../src/audit/compare-audits.ts';
import { standingOf } from '../../src/audit/tally.ts';
import { checkRulesOf } from '../../src/manifests/sarif-report.ts';
import { shippedPolicySet } from '../support/shipped-policies.ts';
import { earlierAt, hostileAudit, reportOf, resultOf, sampleAudit, startedAt } from '../support/sample-audit.ts';

const gone = resultOf({ rule: 'network/bounded-addresses' });
const fresh = resultOf({ rule: 'network/isolation-kept', field: 'spec' });
const compared = compareAudits(
  reportOf({ results: [resultOf(), fresh] }),
  reportOf({ results: [resultOf(), gone], scan: { startedAt: earlierAt } }),
);
const isFailing = (result: AuditReport['results'][number]) =>
  standingOf(result) === 'violation' && result.mode === 'enforce';
const hostile = /[\p{Cc}\p{Zl}\p{Cs}\u202e]/u;

test('wide tells every field, in a row for each thing, with the fix below', (t) => {
  const text = wideReport(sampleAudit, false);
  t.match(text, /^globex +globex-prod +quota +missing +- +no ResourceQuota\n {4}fix: Add one\.$/m);
  t.match(
    text,
    /^critical +enforce +violation +network\/confined-peers +network +acme +acme-dev +NetworkPolicy\.networking\.k8s\.io\/v1\/web +spec\.ingress\[0\]\.from\[1\] +0 +- +\{\} lets in "everybody", 100%\n {4}fix: Pin the peer:\n {6}from:\n/m,
  );
  t.match(text, /^high +enforce +exempt .*\n {4}exempt until 2026-12-31 \(ops\): until the move$/m);
  t.match(text, /^high +warn +violation +pods\/host-network .* 3 +- +true puts/m);
  t.match(text, /^pods +read +4 +4$/m);
  t.match(text, '\nUNKNOWN\nsecrets: cannot be listed');
  t.match(wideReport(compared, false), /^FIXED\nSEVERITY .*\ncritical .* network\/bounded-addresses /m);
  t.match(wideReport(compared, false), ` new    `);
  t.match(wideReport(sampleAudit, true), '\u001b[1mPOSTURE');
  t.notMatch(wideReport(hostileAudit, false).replaceAll('\n', ''), hostile);
  t.end();
});

test('YAML reads back as it was, by either version of YAML', (t) => {
  for (const report of [sampleAudit, hostileAudit, compared]) {
    const text = yamlReport(report);
    const expected = JSON.parse(JSON.stringify(report)) as unknown;
    t.strictSame(parse(text), expected);
    t.strictSame(parse(text, { version: '1.1' }), expected);
    t.notMatch(text.replaceAll('\n', ''), hostile);
  }
  t.match(yamlReport(sampleAudit), '    fix: |-\n      Pin the peer:\n        from:\n');
  t.end();
});

function sarifOf(report: AuditReport) {
  const rules = checkRulesOf(shippedPolicySet());
  const text = sarifReport(report, { version: '1.2.3', rules });
  t.notMatch(text.replaceAll('\n', ''), hostile);
  return JSON.parse(text) as { readonly runs: readonly [{ readonly results: readonly Record<string, unknown>[] }] };
}

test('a SARIF result has a logical location, since no file holds the object', (t) => {
  const [run] = sarifOf(sampleAudit).runs;
  t.match(run, {
    invocations: [
      {
        executionSuccessful: false,
        startTimeUtc: startedAt,
        toolExecutionNotifications: [
          { descriptor: { id: 'unknown' }, level: 'error', message: { text: /^secrets: cannot be listed/ } },
          {
            associatedRule: { id: 'pods/pod-security' },
            locations: [{ logicalLocations: [{ fullyQualifiedName: 'acme-dev/Pod/odd' }] }],
          },
        ],
      },
    ],
    properties: { source: 'https://cluster.example:6443', filters: [], summary: sampleAudit.summary },
  });
  t.match(run.results[0], {
    ruleId: 'network/confined-peers',
    kind: 'fail',
    level: 'error',
    message: { text: /^NetworkPolicy acme-dev\/web spec\.ingress\[0\]\.from\[1\]: .*\nfix: Pin the peer:\n/ },
    locations: [
      {
        logicalLocations: [
          { name: 'web', kind: 'resource', fullyQualifiedName: 'acme-dev/NetworkPolicy.networking.k8s.io/web' },
        ],
      },
    ],
    occurrenceCount: 1,
    properties: { policy: 'network', tenant: 'acme', field: 'spec.ingress[0].from[1]' },
  });
  t.match(run.results[1], { kind: 'review', level: 'none' }, 'who wrote it is not stored');
  t.match(run.results[2], { suppressions: [{ kind: 'external', status: 'accepted' }] });
  t.match(run.results[3], { level: 'warning', occurrenceCount: 4 });
  t.match(run.results[4], { locations: [{ logicalLocations: [{ fullyQualifiedName: 'Namespace/bare' }] }] });
  t.notOk(run.results.some((result) => 'baselineState' in result));
  t.end();
});

test('a comparison in SARIF is a baseline', (t) => {
  const [run] = sarifOf(compared).runs;
  t.strictSame(
    run.results.map(({ baselineState }) => baselineState),
    ['unchanged', 'new', 'absent'],
  );
  t.match(run, { properties: { comparedWith: earlierAt }, invocations: [{ executionSuccessful: true }] });
  t.match(run.results[0], { properties: { since: earlierAt } });
  sarifOf(hostileAudit);
  t.end();
});

test('JUnit has a case for each kind, and one for each object that something was found in', (t) => {
  const listings: AuditReport['scan']['listings'] = [
    { resource: 'pods', state: 'read', objects: 4, judged: 4 },
    { resource: 'secrets', state: 'forbidden', objects: 0, judged: 0 },
    { resource: 'jobs.batch', state: 'failed', objects: 0, judged: 0 },
    { resource: 'httproutes.gateway.networking.k8s.io', state: 'absent', objects: 0, judged: 0 },
  ];
  t.equal(
    junitReport({ ...sampleAudit, scan: { ...sampleAudit.scan, listings } }, isFailing),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tenantgate audit" tests="9" failures="1" errors="3" skipped="1">
  <testsuite name="cluster" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="cluster" name="Namespace bare">
      <system-out>audit namespaces/tenant-label-required Namespace bare: has no tenant</system-out>
    </testcase>
  </testsuite>
  <testsuite name="kinds" tests="4" failures="0" errors="2" skipped="1">
    <testcase classname="kinds" name="pods: 4 of 4 judged"/>
    <testcase classname="kinds" name="secrets">
      <error type="forbidden" message="secrets: cannot be listed: forbidden; grant list on secrets"/>
    </testcase>
    <testcase classname="kinds" name="jobs.batch">
      <error type="failed" message="jobs.batch could not be read"/>
    </testcase>
    <testcase classname="kinds" name="httproutes.gateway.networking.k8s.io">
      <skipped message="not served"/>
    </testcase>
  </testsuite>
  <testsuite name="namespace acme-dev" tests="3" failures="1" errors="1" skipped="0">
    <testcase classname="namespace acme-dev" name="Pod acme-dev/odd is judged">
      <error type="pods/pod-security" message="Pod acme-dev/odd pods/pod-security: spec must be of type object"/>
    </testcase>
    <testcase classname="namespace acme-dev" name="NetworkPolicy acme-dev/web">
      <failure type="network/confined-peers" message="NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in &quot;everybody&quot;, 100%">enforce network/confined-peers NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in &quot;everybody&quot;, 100%
fix: Pin the peer:
  from:
    - podSelector: {}</failure>
      <system-out>enforce network/bounded-addresses NetworkPolicy acme-dev/web spec.egress[0].to[0].ipBlock: 0.0.0.0/0 is the whole world; exempt until 2026-12-31 (ops): until the move</system-out>
    </testcase>
    <testcase classname="namespace acme-dev" name="RoleBinding acme-dev/dev">
      <system-out>enforce access/own-tenant-subjects RoleBinding acme-dev/dev subjects[0]: user &quot;eve&quot; is nobody of tenant &quot;acme&quot;; only if a tenant wrote it</system-out>
    </testcase>
  </testsuite>
  <testsuite name="namespace globex-prod" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="namespace globex-prod" name="DaemonSet globex-prod/node">
      <system-out>warn pods/host-network DaemonSet globex-prod/node spec.template.spec.hostNetwork: true puts &lt;pods&gt; on the node &amp; beyond; and in 3 objects made from it</system-out>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
  t.end();
});

test('JUnit tells of a comparison, and holds no character that XML cannot', (t) => {
  const xml = junitReport(compared, isFailing);
  t.match(xml, '; since 2026-05-01 08:00 UTC\n');
  t.match(
    xml,
    'Since the audit of 2026-05-01 08:00 UTC: 1 new, 1 fixed, 1 unchanged\nfixed network/bounded-addresses NetworkPolicy',
  );
  t.notMatch(junitReport(hostileAudit, () => true).replaceAll('\n', ''), hostile);
  t.match(
    junitReport(reportOf({ unknown: [{ message: 'ended early' }] }), () => true),
    'name="scan is judged"',
  );
  t.end();
});
