import { test } from 'tap';

import type { AuditUnknown } from '../../src/audit/audit-report.ts';
import { narrowReport, type AuditFilters } from '../../src/audit/narrow-report.ts';
import { namespaceOf, objectOf, reportOf, sampleAudit, tenantOf } from '../support/sample-audit.ts';

function filters(parts: Partial<AuditFilters>): AuditFilters {
  return { tenants: [], namespaces: [], rules: [], severities: [], ...parts };
}

test('without a filter the report stays as it is', (t) => {
  t.equal(narrowReport(sampleAudit, filters({})), sampleAudit);
  t.end();
});

const cases: readonly (readonly [Partial<AuditFilters>, readonly string[]])[] = [
  [{ tenants: ['acme'] }, ['network/confined-peers', 'access/own-tenant-subjects', 'network/bounded-addresses']],
  [{ tenants: ['globex'] }, ['pods/host-network']],
  [{ namespaces: ['globex-prod', 'bare'] }, ['pods/host-network', 'namespaces/tenant-label-required']],
  [{ rules: ['pods/host-network', 'network/confined-peers'] }, ['network/confined-peers', 'pods/host-network']],
  [{ severities: ['medium'] }, ['namespaces/tenant-label-required']],
  [{ tenants: ['acme'], severities: ['high'] }, ['network/bounded-addresses']],
];

for (const [given, rules] of cases) {
  test(`${JSON.stringify(given)} takes what has any value of each filter`, (t) => {
    const report = narrowReport({ ...sampleAudit, fixed: sampleAudit.results }, filters(given));
    t.strictSame(
      report.results.map(({ rule }) => rule),
      rules,
    );
    t.strictSame(report.fixed, report.results);
    t.end();
  });
}

test('the summary counts what is shown, and the scan names the filters', (t) => {
  const report = narrowReport(sampleAudit, filters({ tenants: ['acme'], severities: ['high', 'critical'] }));
  t.strictSame(report.scan.filters, ['--severity critical', '--severity high', '--tenant acme']);
  t.match(report.summary, {
    objects: sampleAudit.summary.objects,
    tenants: 1,
    namespaces: 2,
    violations: { enforce: 1, warn: 0, audit: 0 },
    toConfirm: 1,
    exempt: 1,
    unknown: 2,
  });
  t.match(narrowReport(sampleAudit, filters({ rules: ['pods/host-network'] })).summary, { tenants: 2, namespaces: 3 });
  t.notOk('fixed' in report);
  t.end();
});

test('posture is narrowed to tenants and namespaces, and what all share stays', (t) => {
  const shown = (given: Partial<AuditFilters>) => {
    const { posture } = narrowReport(sampleAudit, filters(given));
    t.equal(posture.cluster.length, 2);
    return posture.tenants.map(({ tenant, namespaces }) => [tenant, ...namespaces.map((one) => one.namespace)]);
  };
  t.strictSame(shown({ tenants: ['acme'] }), [['acme', 'acme-dev', 'acme-prod']]);
  t.strictSame(shown({ namespaces: ['acme-prod'] }), [['acme', 'acme-prod']]);
  t.strictSame(shown({ rules: ['pods/host-network'] }).length, 2);
  t.end();
});

const [acme, globex] = [objectOf('Pod', 'acme-dev', 'a'), objectOf('Pod', 'globex-prod', 'g')];
const report = reportOf({
  tenants: [tenantOf('acme', namespaceOf('acme-dev')), tenantOf('globex', namespaceOf('globex-prod'))],
});

const gaps: readonly (readonly [AuditUnknown, Partial<AuditFilters>, isKept: boolean])[] = [
  [{ resource: 'pods', message: 'x' }, { tenants: ['acme'], severities: ['low'] }, true],
  [{ object: acme, message: 'x' }, { tenants: ['acme'] }, true],
  [{ object: globex, message: 'x' }, { tenants: ['acme'] }, false],
  [{ object: globex, message: 'x' }, { namespaces: ['acme-dev'] }, false],
  [{ object: objectOf('Pod', 'who-knows', 'x'), message: 'nobody knows whose it is' }, { tenants: ['acme'] }, true],
  [{ object: objectOf('Namespace', null, 'globex-prod'), message: 'x' }, { tenants: ['acme'] }, false],
  [{ object: objectOf('ClusterRole', null, 'x'), message: 'x' }, { tenants: ['acme'] }, true],
  [{ object: objectOf('ClusterRole', null, 'x'), message: 'x' }, { namespaces: ['acme-dev'] }, false],
  [{ rule: 'pods/host-network', object: acme, message: 'x' }, { rules: ['pods/pod-security'] }, false],
  [{ rule: 'pods/host-network', object: acme, message: 'x' }, { rules: ['pods/host-network'] }, true],
  [{ object: acme, message: 'no rule could' }, { rules: ['pods/host-network'] }, true],
];

for (const [gap, given, isKept] of gaps) {
  test(`${JSON.stringify(gap)} ${isKept ? 'may' : 'cannot'} hide something of ${JSON.stringify(given)}`, (t) => {
    t.strictSame(narrowReport({ ...report, unknown: [gap] }, filters(given)).unknown, isKept ? [gap] : []);
    t.end();
  });
}

test('what matches nothing is unknown', (t) => {
  const unknownOf = (given: Partial<AuditFilters>) => narrowReport(sampleAudit, filters(given)).unknown.slice(-1);
  t.strictSame(unknownOf({ tenants: ['acme', 'acmee'] }), [
    { message: "--tenant acmee matches nothing: no namespace is that tenant's" },
  ]);
  t.strictSame(unknownOf({ namespaces: ['acme-devv'] }), [
    { message: "--namespace acme-devv matches nothing: no tenant's namespace has that name" },
  ]);
  t.strictSame(unknownOf({ tenants: ['acme'], namespaces: ['globex-prod'] }), [
    {
      message:
        "--namespace globex-prod matches nothing: no tenant's namespace of the tenants that are asked for has that name",
    },
  ]);
  t.match(
    narrowReport(sampleAudit, filters({ namespaces: ['bare'] })).summary,
    { unknown: 1 },
    'what was found in it is enough',
  );
  t.end();
});
