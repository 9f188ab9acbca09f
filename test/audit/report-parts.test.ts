import { test } from 'tap';

import { ReportJoin, reportParts } from '../../src/audit/report-parts.ts';
import { namespaceOf, reportOf, resultOf, tenantOf } from '../support/sample-audit.ts';

const many = (count: number) => Array.from({ length: count }, (_, index) => `n-${String(index).padStart(4, '0')}`);

test('a report that was taken apart is the same when it is together again', (t) => {
  const report = reportOf({
    results: many(250).map((name) => resultOf({ message: name })),
    unknown: many(101).map((name) => ({ resource: name, message: 'forbidden' })),
    tenants: [
      tenantOf('large', ...many(450).map((name) => namespaceOf(name))),
      ...many(120).map((name) => tenantOf(name, namespaceOf(name), namespaceOf(`${name}-b`))),
    ],
  });
  const parts = [...reportParts(report)];
  t.ok(parts.length > 8, 'it is in parts');
  for (const part of parts) {
    const entries = 'results' in part ? part.results.length : 'unknown' in part ? part.unknown.length : 0;
    const tenants = 'tenants' in part ? part.tenants : [];
    t.ok(entries <= 100 && (tenants.length <= 1 || tenants.flatMap((one) => one.namespaces).length <= 101));
  }
  const joined = new ReportJoin();
  // As another thread gets it.
  for (const part of parts) joined.add(structuredClone(part));
  t.strictSame(joined.report(), report);
  t.end();
});

test('an empty report is one part, and nothing is made of none', (t) => {
  const report = reportOf({ tenants: [] });
  t.strictSame([...reportParts(report)], [{ report }]);
  t.throws(() => new ReportJoin().report(), /first part/);
  t.throws(() => {
    new ReportJoin().add({ results: [] });
  }, /first part/);
  t.end();
});
