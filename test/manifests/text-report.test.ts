import { test } from 'tap';

import { reportOf } from '../../src/manifests/check-manifests.ts';
import { textReport } from '../../src/manifests/text-report.ts';
import { hostileOutcome, sampleOutcome } from './sample-outcome.ts';

const clean = { objects: [], faults: [] };

void test('the text report has a line for each finding, its fix, and a summary', (t) => {
  t.equal(
    textReport(reportOf(sampleOutcome), false),
    `/tmp/broken.yaml:2:7 unreadable is not valid YAML: Missing closing "quote
k8s/space.yaml:5:3 undecided namespaces/tenant-label-required Namespace acme-dev metadata.labels: must be of type object
k8s/a b, ü.yaml:12:11 critical network/confined-peers NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in "everybody", 100%
    fix: Pin the peer:
      from:
        - podSelector: {}
k8s/a b, ü.yaml:14:11 critical (let pass) network/bounded-addresses NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in "everybody", 100%
    exempt until 2026-12-31 (ops): until the move
k8s/node.yaml:3:5 high (warn) pods/host-network DaemonSet acme-dev/node spec.template.spec.hostNetwork: true puts <pods> on the node & beyond
    fix: Remove the field.
k8s/node.yaml:4:5 medium (audit) pods/tenant-label-matches DaemonSet acme-dev/node metadata.labels["tenantgate.dev/tenant"]: is wrong
    fix: Remove the field.
k8s/node.yaml:1:1 expired pods/host-network DaemonSet acme-dev/node: the exemption of ops in policy pods ended on 2026-01-31
5 objects, 4 judged: 3 violations (1 enforce, 1 warn, 1 audit), 1 exempt, 1 undecided, 1 fault, 1 expired exemption
`,
  );
  t.end();
});

void test('a clean report is one line', (t) => {
  const line =
    '0 objects, 0 judged: 0 violations (0 enforce, 0 warn, 0 audit), 0 exempt, 0 undecided, 0 faults, 0 expired exemptions';
  t.equal(textReport(reportOf(clean), false), `${line}\n`);
  t.equal(textReport(reportOf(clean), true), `\u001b[32m${line}\u001b[39m\n`);
  t.end();
});

void test('colour marks how bad a finding is, and changes no word', (t) => {
  const coloured = textReport(reportOf(sampleOutcome), true);
  t.match(coloured, '12:11 \u001b[31mcritical\u001b[39m network/confined-peers');
  t.match(coloured, '14:11 \u001b[2mcritical\u001b[22m (let pass)');
  t.match(coloured, '3:5 \u001b[34mhigh\u001b[39m (warn)');
  t.equal(coloured.replaceAll(/\u001b\[\d+m/gu, ''), textReport(reportOf(sampleOutcome), false));
  t.end();
});

void test('no text of a manifest leaves its line or moves the cursor', (t) => {
  t.equal(
    textReport(reportOf(hostileOutcome), false),
    String.raw`x\n::error::.yaml:12:11 critical network/confined-peers NetworkPolicy acme-dev/a\n::set-env name=X::y\u001b[2J f\n::g: a\u2028b\u202ec\u009bd\u000d\n::error::e\ud800
    fix: one
    \u001b[31mtwo
1 object, 1 judged: 1 violation (1 enforce, 0 warn, 0 audit), 0 exempt, 0 undecided, 0 faults, 0 expired exemptions
`,
  );
  t.end();
});
