import { test } from 'tap';

import { readAuditReport } from '../../src/audit/read-audit-report.ts';
import { hostileAudit, sampleAudit } from '../support/sample-audit.ts';

test('what was written is read again', (t) => {
  for (const report of [sampleAudit, hostileAudit]) {
    const value = JSON.parse(JSON.stringify(report)) as unknown;
    t.strictSame(readAuditReport(value), { ok: true, value });
  }
  t.end();
});

test('every fault of another document is told with its field', (t) => {
  t.match(readAuditReport({ ...sampleAudit, kind: 'CheckReport', summary: { ...sampleAudit.summary, objects: -1 } }), {
    ok: false,
    faults: [
      { field: 'kind', message: 'must be "AuditReport"' },
      { field: 'summary.objects', message: 'must be >= 0' },
    ],
  });
  t.match(readAuditReport([]), { ok: false, faults: [{ field: '', message: 'must be of type object' }] });
  t.end();
});
