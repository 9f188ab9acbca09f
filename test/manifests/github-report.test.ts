import { test } from 'tap';

import { reportOf } from '../../src/manifests/check-manifests.ts';
import { githubReport } from '../../src/manifests/github-report.ts';
import { hostileOutcome, sampleOutcome } from './sample-outcome.ts';

void test('findings become annotations, escaped as the runner expects', (t) => {
  t.equal(
    githubReport(reportOf(sampleOutcome)),
    `::error file=/tmp/broken.yaml,line=2,col=7,title=unreadable manifest::is not valid YAML: Missing closing "quote
::error file=k8s/space.yaml,line=5,col=3,title=namespaces/tenant-label-required undecided::Namespace acme-dev metadata.labels: must be of type object
::error file=k8s/a b%2C ü.yaml,line=12,col=11,title=network/confined-peers::NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in "everybody", 100%25%0Afix: Pin the peer:%0A  from:%0A    - podSelector: {}
::notice file=k8s/a b%2C ü.yaml,line=14,col=11,title=network/bounded-addresses::NetworkPolicy acme-dev/web spec.ingress[0].from[1]: {} lets in "everybody", 100%25%0Aexempt until 2026-12-31 (ops): until the move
::warning file=k8s/node.yaml,line=3,col=5,title=pods/host-network::DaemonSet acme-dev/node spec.template.spec.hostNetwork: true puts <pods> on the node & beyond%0Afix: Remove the field.
::notice file=k8s/node.yaml,line=4,col=5,title=pods/tenant-label-matches::DaemonSet acme-dev/node metadata.labels["tenantgate.dev/tenant"]: is wrong%0Afix: Remove the field.
::warning file=k8s/node.yaml,line=1,col=1,title=pods/host-network exemption expired::DaemonSet acme-dev/node: the exemption of ops in policy pods ended on 2026-01-31
5 objects, 4 judged: 3 violations (1 enforce, 1 warn, 1 audit), 1 exempt, 1 undecided, 1 fault, 1 expired exemption
`,
  );
  t.end();
});

void test('no text of a manifest starts a command of the runner', (t) => {
  const [line, ...rest] = githubReport(reportOf(hostileOutcome)).split('\n');
  t.equal(
    line,
    String.raw`::error file=x\n%3A%3Aerror%3A%3A.yaml,line=12,col=11,title=network/confined-peers::NetworkPolicy acme-dev/a\n::set-env name=X::y\u001b[2J f\n::g: a\u2028b\u202ec\u009bd\u000d\n::error::e\ud800%0Afix: one%0A\u001b[31mtwo`,
  );
  t.equal(rest.length, 2);
  t.end();
});
