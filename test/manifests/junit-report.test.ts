import { test } from 'tap';

import { junitReport } from '../../src/manifests/junit-report.ts';
import { hostileOutcome, sampleOutcome } from './sample-outcome.ts';

void test('every file is a test suite and every object a test case', (t) => {
  t.equal(
    junitReport(sampleOutcome, ({ mode, leniency }) => mode === 'enforce' && leniency === undefined),
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="tenantgate check" tests="6" failures="1" errors="2" skipped="1">
  <testsuite name="/tmp/broken.yaml" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="/tmp/broken.yaml" name="readable at 2:7">
      <error type="unreadable" message="2:7 is not valid YAML: Missing closing &quot;quote"/>
    </testcase>
  </testsuite>
  <testsuite name="k8s/a b, ü.yaml" tests="1" failures="1" errors="0" skipped="0">
    <testcase classname="k8s/a b, ü.yaml" name="NetworkPolicy acme-dev/web">
      <failure type="network/confined-peers" message="NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in &quot;everybody&quot;, 100%">12:11 network/confined-peers NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in &quot;everybody&quot;, 100%
fix: Pin the peer:
  from:
    - podSelector: {}</failure>
      <system-out>enforce network/bounded-addresses NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in &quot;everybody&quot;, 100%; exempt until 2026-12-31 (ops): until the move</system-out>
    </testcase>
  </testsuite>
  <testsuite name="k8s/node.yaml" tests="1" failures="0" errors="0" skipped="0">
    <testcase classname="k8s/node.yaml" name="DaemonSet acme-dev/node">
      <system-out>warn pods/host-network DaemonSet acme-dev/node spec.template.spec.hostNetwork: true puts &lt;pods&gt; on the node &amp; beyond
audit pods/tenant-label-matches DaemonSet acme-dev/node metadata.labels[&quot;tenantgate.dev/tenant&quot;]: is wrong</system-out>
    </testcase>
  </testsuite>
  <testsuite name="k8s/space.yaml" tests="3" failures="0" errors="1" skipped="1">
    <testcase classname="k8s/space.yaml" name="Namespace acme-dev">
      <error type="namespaces/tenant-label-required" message="Namespace acme-dev metadata.labels: must be of type object"/>
    </testcase>
    <testcase classname="k8s/space.yaml" name="Namespace globex-dev"/>
    <testcase classname="k8s/space.yaml" name="ConfigMap">
      <skipped message="no rule judges this kind"/>
    </testcase>
  </testsuite>
</testsuites>
`,
  );
  t.end();
});

void test('no character that XML cannot hold is written', (t) => {
  const xml = junitReport(hostileOutcome, () => true);
  t.notMatch(xml, /[^\t\n\u0020-\ud7ff\ue000-\ufffd]/u);
  t.match(xml, String.raw`name="x\n::error::.yaml"`);
  t.end();
});
