import { stripVTControlCharacters } from 'node:util';

import { test } from 'tap';

import { tableReport } from '../../src/audit-output/table-report.ts';
import { compareAudits } from '../../src/audit/compare-audits.ts';
import {
  earlierAt,
  hostileAudit,
  namespaceOf,
  reportOf,
  resultOf,
  sampleAudit,
  tenantOf,
} from '../support/sample-audit.ts';

const earlier = '2026-05-01 08:00 UTC';
const plain = (width: number) => ({ width, hasColour: false });

test('the table tells posture, violations, what to confirm, what is unknown, and a summary', (t) => {
  t.equal(
    tableReport(sampleAudit, plain(80)),
    `Audit of https://cluster.example:6443, 2026-06-01 08:00 UTC, policies
0123456789ab

POSTURE
                        pod-               network-   network-
tenant  labels  access  security  quota    isolation  flows     flux
acme    ok      ok      ok        unknown  drifted    ok        ok
globex  ok      ok      ok        missing  ok         ok        ok

NOT IN PLACE
whole cluster  network-enforcement  unknown  seen for network-enforcement
acme           quota                unknown  acme-prod: resourcequotas:
                                             forbidden
acme           network-isolation    drifted  acme-dev: Pod acme-dev/web-0
                                             metadata.labels: no policy selects
                                             it for egress
globex         quota                missing  globex-prod: no ResourceQuota

VIOLATIONS
tenant acme, namespace acme-dev
  NetworkPolicy web
    critical  network/confined-peers  spec.ingress[0].from[1]
      {} lets in "everybody", 100%

tenant globex, namespace globex-prod
  DaemonSet node
    high (warn)  pods/host-network  spec.template.spec.hostNetwork  and in 3
      objects made from it
      true puts <pods> on the node & beyond

no tenant, namespace bare
  the Namespace itself
    medium (audit)  namespaces/tenant-label-required
      has no tenant

TO CONFIRM: WRONG ONLY IF A TENANT WROTE IT
tenant acme, namespace acme-dev
  RoleBinding dev
    critical  access/own-tenant-subjects  subjects[0]
      user "eve" is nobody of tenant "acme"

UNKNOWN
secrets: cannot be listed: forbidden; grant list on secrets
Pod acme-dev/odd pods/pod-security: spec must be of type object

10 objects, 10 judged, 3 namespaces, 2 tenants: 3 violations (1 enforce, 1 warn,
1 audit), 1 to confirm, 1 exempt, 2 unknown
How to mend each: --output wide
`,
  );
  t.end();
});

test('no line is wider than the terminal, nor does a text break out of its line', (t) => {
  for (const report of [sampleAudit, hostileAudit]) {
    for (const width of [1, 20, 40, 66, 80, 132, 400]) {
      const text = tableReport(report, plain(width));
      const longest = Math.max(...text.split('\n').map((line) => line.length));
      // Columns of names are not broken; nor is a word of three letters indented by six.
      if (width >= 66 && report === sampleAudit) t.ok(longest <= width, `${longest} of ${width}`);
      t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Zl}\p{Cs}\u202e]/u);
      t.notMatch(text, / $/m, 'no line ends with a blank');
    }
  }
  t.end();
});

test('where a grid has no room, each tenant gets a list', (t) => {
  const text = tableReport(sampleAudit, plain(40));
  t.match(
    text,
    'acme\n  labels ok, access ok, pod-security ok,\n  quota unknown, network-isolation\n  drifted, network-flows ok, flux ok\n',
  );
  t.match(
    text,
    'network-isolation    drifted\n  acme-dev: Pod acme-dev/web-0\n    metadata.labels: no policy selects\n',
  );
  t.match(tableReport(sampleAudit, plain(120)), 'tenant  labels  access  pod-security  quota    network-isolation  ');
  t.end();
});

test('colours say nothing that words do not', (t) => {
  const coloured = tableReport(sampleAudit, { width: 80, hasColour: true });
  t.equal(stripVTControlCharacters(coloured), tableReport(sampleAudit, plain(80)));
  t.match(coloured, '\u001b[31mdrifted');
  t.match(coloured, '\u001b[31mcritical\u001b[39m');
  t.match(coloured, '\u001b[34mhigh (warn)\u001b[39m');
  t.match(tableReport(reportOf({}), { width: 80, hasColour: true }), '\u001b[32m10 objects, ');
  t.end();
});

test('a comparison tells what is new, since when the rest is there, and what is fixed', (t) => {
  const gone = resultOf({ rule: 'network/bounded-addresses', message: 'was too wide' });
  const fresh = resultOf({ rule: 'network/isolation-kept', message: 'y' });
  const before = reportOf({ results: [resultOf(), gone], scan: { startedAt: earlierAt } });
  const text = tableReport(compareAudits(reportOf({ results: [resultOf(), fresh] }), before), plain(120));
  t.match(text, `critical  network/confined-peers  spec.ingress[0].from[1]  since ${earlier}\n`);
  t.match(text, 'critical  network/isolation-kept  spec.ingress[0].from[1]  new\n');
  t.match(text, /^FIXED\n.*\n {2}NetworkPolicy web\n {4}critical {2}network\/bounded-addresses .*\n {6}was too wide$/m);
  t.match(text, `\nSince the audit of ${earlier}: 1 new, 1 fixed, 1 unchanged\n`);
  t.end();
});

test('the most severe comes first, whatever its name', (t) => {
  const at = (tenant: string, name: string, severity: 'low' | 'critical') =>
    resultOf({
      tenant,
      severity,
      object: { apiVersion: 'v1', kind: 'Service', namespace: `${tenant}-dev`, name },
      message: `${severity} of ${name}`,
    });
  const results = [at('a', 'x', 'low'), at('b', 'y', 'low'), at('b', 'z', 'critical'), at('a', 'w', 'low')];
  const text = tableReport(reportOf({ results }), plain(80));
  t.strictSame(text.match(/\w+ of [w-z]$/gm), ['critical of z', 'low of y', 'low of w', 'low of x']);
  t.end();
});

test('a reason stands for all namespaces of the tenant in that state', (t) => {
  const bare = (name: string, more = false) =>
    namespaceOf(name, {
      quota: {
        state: 'missing',
        since: earlierAt,
        evidence: [{ message: 'none' }, ...(more ? [{ message: 'x' }] : [])],
      },
    });
  const tenants = [tenantOf('acme', bare('a', true), namespaceOf('b'), bare('c'), bare('d'))];
  const line = 'acme           quota                missing  a and 2 more namespaces: none; 1 more';
  const compared = { tenants, scan: { comparedWith: earlierAt } };
  t.match(tableReport(reportOf({ tenants }), plain(120)), `${line}\n`);
  t.match(tableReport(reportOf(compared), plain(120)), `${line} (since ${earlier})\n`);
  const now = { ...compared, scan: { ...compared.scan, startedAt: earlierAt } };
  t.match(tableReport(reportOf(now), plain(120)), `${line} (new)\n`);
  t.match(tableReport(reportOf({ tenants: [] }), plain(80)), 'POSTURE\nNo namespace is a tenant’s.\n');
  t.end();
});

test('kinds that could not be read, and objects of the cluster, are told', (t) => {
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', namespace: null, name: 'wide' };
  const listings = [{ resource: 'pods', state: 'forbidden', objects: 0, judged: 0 }] as const;
  const text = tableReport(reportOf({ listings: [...listings], results: [resultOf({ object: role })] }), plain(80));
  t.match(text, '\n1 kind could not be read: what is in there is not known.\n');
  t.match(text, 'tenant acme, objects of the cluster\n  ClusterRole wide\n');
  t.end();
});
