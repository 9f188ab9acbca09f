import { test } from 'tap';

import { htmlPage } from '../../src/audit-output/html/html-page.ts';
import { junitReport } from '../../src/audit-output/junit-report.ts';
import { sarifReport } from '../../src/audit-output/sarif-report.ts';
import { tableReport } from '../../src/audit-output/table-report.ts';
import { wideReport } from '../../src/audit-output/wide-report.ts';
import { yamlReport } from '../../src/audit-output/yaml-report.ts';
import { buildPolicyReports } from '../../src/audit/reports/build-policy-reports.ts';
import { reportOf, resultOf } from '../support/sample-audit.ts';

const report = reportOf({ results: [resultOf({ mode: 'audit', enforcedFrom: '2027-01-31' })] });
const tool = { version: undefined, rules: [] };

test('every output tells from which day a violation will be denied', (t) => {
  const outputs = {
    table: tableReport(report, { width: 200, hasColour: false }),
    wide: wideReport(report, false),
    sarif: sarifReport(report, tool),
    junit: junitReport(report, () => true),
    html: htmlPage(report, tool),
  };
  for (const [name, text] of Object.entries(outputs)) t.match(text, /denied from 2027-01-31/, name);
  t.match(yamlReport(report), 'enforcedFrom: 2027-01-31');
  t.match(JSON.stringify(buildPolicyReports(report)), '"enforcedFrom":"2027-01-31"');
  t.end();
});
